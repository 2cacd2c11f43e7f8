// The list of conversations: found, opened, renamed, exported, deleted.
import { isComposing } from "./composing.js";
import { byId, h, icon, iconButton, setText } from "./dom.js";
import { dayGroup } from "./format.js";
import { openMenu } from "./menu.js";

const PAGE = 50;
/** As many as the server tells at once. */
const LIST_MOST = 200;
const TYPING_MS = 200;

/** A text with a query marked wherever it is; both are in folded case. */
function marked(text, query) {
  const parts = text.split(query.toLowerCase());
  return parts.flatMap((part, i) => (i ? [h("mark", {}, query.toLowerCase()), part] : [part]));
}

export class Sidebar {
  #list = byId("conversations");
  #search = byId("search");
  #note = byId("conversations-note");
  #more = byId("conversations-more");
  #shell = byId("shell");
  #entries = [];
  #total = 0;
  #query = "";
  #current = null;
  #running = new Set();
  #latest = null; // the request whose answer counts

  /** `actions` are `open(id)`, `create()`, `rename(id)`, `export(id, kind)` and `remove(id)`. */
  constructor(api, actions) {
    this.api = api;
    this.actions = actions;
    byId("new-chat").addEventListener("click", () => actions.create());
    this.#more.addEventListener("click", () => this.refresh({ more: true }));
    let waiting = 0;
    this.#search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.refresh(), TYPING_MS);
    });
    byId("menu").addEventListener("click", () => this.toggle(true));
    byId("side-close").addEventListener("click", () => this.toggle(false));
    byId("side-shade").addEventListener("click", () => this.toggle(false));
    byId("side").addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !isComposing(event) && this.#isDrawer()) this.toggle(false);
    });
    this.narrow = matchMedia("(max-width: 820px)");
    this.narrow.addEventListener("change", () => this.toggle(false, false));
    this.toggle(false, false);
  }

  #isDrawer() {
    return this.narrow.matches;
  }

  /** On a narrow screen the list is a drawer; while it is open, the rest is out of reach. */
  toggle(isOpen, moveFocus = true) {
    const isDrawer = this.#isDrawer();
    this.#shell.classList.toggle("side-open", isOpen && isDrawer);
    byId("side").inert = isDrawer && !isOpen;
    byId("main").inert = isDrawer && isOpen;
    byId("menu").setAttribute("aria-expanded", String(isOpen && isDrawer));
    if (moveFocus && isDrawer) byId(isOpen ? "new-chat" : "menu").focus();
  }

  async refresh({ more = false } = {}) {
    const query = this.#search.value.trim();
    const asked = new AbortController();
    this.#latest?.abort();
    this.#latest = asked;
    const wanted = query === this.#query ? Math.max(PAGE, this.#entries.length + (more ? PAGE : 0)) : PAGE;
    const before = more ? this.#entries.length : null;
    try {
      this.#entries = await this.#read(query, wanted, asked.signal);
      this.#query = query;
      setText(this.#note, this.#entries.length ? "" : query ? "Nothing was found." : "Conversations will be listed here.");
    } catch (error) {
      if (asked.signal.aborted) return;
      setText(this.#note, `The list cannot be read: ${error.message}`);
    }
    this.#draw();
    if (before !== null) this.#list.querySelectorAll("a")[before]?.focus(); // the button may be gone
  }

  /** The first entries, each once: while pages are read, a conversation may move from one to the next. */
  async #read(query, wanted, signal) {
    const entries = new Map();
    for (let offset = 0; offset < wanted; offset += LIST_MOST) {
      const values = new URLSearchParams({ limit: Math.min(LIST_MOST, wanted - offset), offset });
      if (query) values.set("query", query);
      const { data, total } = await this.api.get(`conversations?${values}`, { signal });
      for (const entry of data) if (!entries.has(entry.id)) entries.set(entry.id, entry);
      this.#total = total;
      if (offset + data.length >= total) break;
    }
    return [...entries.values()];
  }

  show(id) {
    this.#current = id;
    this.#draw();
  }

  setRunning(ids) {
    this.#running = ids;
    this.#draw();
  }

  #draw() {
    const { activeElement } = document;
    const focused = activeElement?.closest?.("[data-conversation]")?.dataset.conversation;
    const tag = activeElement?.tagName;
    const blocks = [];
    let group = null;
    for (const entry of this.#entries) {
      const name = dayGroup(entry.updated_at);
      if (name !== group) {
        group = name;
        blocks.push(h("h2", {}, name), h("ul"));
      }
      blocks.at(-1).append(this.#row(entry));
    }
    this.#list.replaceChildren(...blocks);
    this.#more.hidden = this.#entries.length >= this.#total;
    if (focused) this.#focus(focused, tag);
  }

  #focus(id, tag) {
    this.#list.querySelector(`[data-conversation="${CSS.escape(id)}"] ${tag}`)?.focus({ preventScroll: true });
  }

  /** After a dialog the focus is where the menu was, or on what took the place of a row that is gone. */
  async #after(id, work) {
    const at = this.#entries.findIndex((entry) => entry.id === id);
    await work;
    if (document.activeElement !== document.body && !byId("prompt").matches(":focus")) return;
    const there = this.#entries.find((entry) => entry.id === id) ?? this.#entries[Math.min(at, this.#entries.length - 1)];
    if (there) this.#focus(there.id, "button");
  }

  #row({ id, title, found }) {
    const name = title || "Untitled";
    const isCurrent = id === this.#current;
    const link = h(
      "a.conversation-link",
      { href: `#${encodeURIComponent(id)}`, "aria-current": isCurrent ? "page" : null, onclick: () => this.toggle(false, false) },
      h(
        "span.conversation-text",
        {},
        h("span.conversation-title", { dir: "auto" }, name),
        found && h("span.conversation-found", { dir: "auto" }, ...marked(found, this.#query)),
      ),
      this.#running.has(id) && h("span.running", { title: "An answer is being written" }, h("span.sr-only", {}, "being answered")),
    );
    const menu = iconButton("more", `Actions for ${name}`, (event) => this.#menu(event.currentTarget, id, name), {
      "aria-haspopup": "menu", "aria-expanded": "false",
    });
    return h(`li.conversation${isCurrent ? ".current" : ""}`, { "data-conversation": id }, link, menu);
  }

  #menu(button, id, name) {
    const { actions } = this;
    openMenu(button, `Actions for ${name}`, [
      { label: "Rename", icon: "edit", run: () => this.#after(id, actions.rename(id)) },
      { label: "Export as Markdown", icon: "download", run: () => actions.export(id, "md") },
      { label: "Export as JSON", icon: "download", run: () => actions.export(id, "json") },
      { label: "Delete", icon: "trash", danger: true, run: () => this.#after(id, actions.remove(id)) },
    ]);
  }

  focusSearch() {
    this.toggle(true);
    this.#search.focus();
    this.#search.select();
  }
}
