// The list of conversations: found, opened, renamed, exported, deleted.
import { isComposing } from "./composing.js";
import { byId, h, icon, iconButton, setText } from "./dom.js";
import { dayGroup } from "./format.js";
import { openMenu } from "./menu.js";

const PAGE = 50;
/** As many as the server tells at once. */
const LIST_MOST = 200;
const TYPING_MS = 200;

export class Sidebar {
  #list = byId("conversations");
  #search = byId("search");
  #note = byId("conversations-note");
  #more = byId("conversations-more");
  #shell = byId("shell");
  #entries = [];
  #total = 0;
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
    const limit = more ? PAGE : Math.min(LIST_MOST, Math.max(PAGE, this.#entries.length)); // what was shown stays shown
    const values = new URLSearchParams({ limit, offset: more ? this.#entries.length : 0 });
    if (query) values.set("query", query);
    try {
      const { data, total } = await this.api.get(`conversations?${values}`, { signal: asked.signal });
      this.#entries = more ? [...this.#entries, ...data] : data;
      this.#total = total;
      setText(this.#note, data.length || more ? "" : query ? "Nothing was found." : "Conversations will be listed here.");
    } catch (error) {
      if (asked.signal.aborted) return;
      setText(this.#note, `The list cannot be read: ${error.message}`);
    }
    this.#draw();
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
    const focused = document.activeElement?.closest?.("[data-conversation]")?.dataset.conversation;
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
    if (focused) this.#list.querySelector(`[data-conversation="${CSS.escape(focused)}"] a`)?.focus();
  }

  #row({ id, title }) {
    const name = title || "Untitled";
    const isCurrent = id === this.#current;
    const link = h(
      "a.conversation-link",
      { href: `#${encodeURIComponent(id)}`, "aria-current": isCurrent ? "page" : null, onclick: () => this.toggle(false, false) },
      h("span.conversation-title", { dir: "auto" }, name),
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
      { label: "Rename", icon: "edit", run: () => actions.rename(id) },
      { label: "Export as Markdown", icon: "download", run: () => actions.export(id, "md") },
      { label: "Export as JSON", icon: "download", run: () => actions.export(id, "json") },
      { label: "Delete", icon: "trash", danger: true, run: () => actions.remove(id) },
    ]);
  }

  focusSearch() {
    this.toggle(true);
    this.#search.focus();
    this.#search.select();
  }
}
