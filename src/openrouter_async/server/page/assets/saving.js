// Conversations to the server and back. A change is saved soon, not at once: while an answer grows there are many.
// What could not be saved is tried again, and held in the tab, so that a reload finds it.
import { ApiError } from "./api.js";
import { held, heldNames, hold } from "./kept.js";
import { readConversation } from "./store/reading.js";

const SOON_MS = 400;
const GROWING_MS = 3000;
const RETRY_MS = 2000;
const RETRY_MOST_MS = 60_000;
/** Browsers refuse larger requests that outlive the page. */
const KEEPALIVE_MOST = 60_000;

export class Saving {
  #waiting = new Map(); // id -> {doc, timer}
  #writing = new Map(); // id -> the request that is under way: they must not overtake each other
  #unsaved = new Map(); // id -> what the server does not have
  #failures = new Map(); // id -> {times, timer}
  #versions = new Map(); // id -> what the server had when this page last read or wrote it

  /** `onSaved(doc)`, `onFailed(doc, error)`, and `onChanged(doc)` where the server has what this page did not see. */
  constructor(api, { onSaved, onFailed, onChanged }) {
    this.api = api;
    this.onSaved = onSaved;
    this.onFailed = onFailed;
    this.onChanged = onChanged;
    window.addEventListener("pagehide", () => this.#leave());
    window.addEventListener("beforeunload", (event) => this.#failures.size && event.preventDefault());
    window.addEventListener("online", () => this.#retryAll());
  }

  /** Save what was not saved before a reload. */
  resume() {
    for (const id of heldNames("unsaved-")) {
      const { doc, version } = held(`unsaved-${id}`) ?? {};
      if (doc?.id !== id) continue;
      this.#versions.set(id, version);
      this.now(doc);
    }
  }

  /** A conversation as it is here, where that is newer, else from the server. */
  async read(id) {
    const here = this.#waiting.get(id)?.doc ?? this.#unsaved.get(id);
    if (here) return here;
    const { value, version } = await this.api.getStored(pathOf(id));
    this.#versions.set(id, version);
    return readable(value);
  }

  /** The conversation where the server has another version than this page, else null. */
  async readNewer(id) {
    if (this.#isHere(id) || !this.#versions.has(id)) return null;
    const known = this.#versions.get(id);
    const found = await this.api.getStored(pathOf(id), { unless: known });
    if (!found || found.version === known || this.#isHere(id) || this.#versions.get(id) !== known) return null;
    this.#versions.set(id, found.version);
    return readable(found.value);
  }

  #isHere(id) {
    return this.#waiting.has(id) || this.#unsaved.has(id) || this.#writing.has(id);
  }

  /** Save within a moment; `isGrowing` while an answer is written, when less often is enough. */
  soon(doc, isGrowing = false) {
    const waiting = this.#waiting.get(doc.id);
    if (waiting && isGrowing) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(() => this.now(doc), isGrowing ? GROWING_MS : SOON_MS);
    this.#waiting.set(doc.id, { doc, timer });
  }

  async now(doc) {
    const { id } = doc;
    clearTimeout(this.#waiting.get(id)?.timer);
    clearTimeout(this.#failures.get(id)?.timer);
    this.#waiting.delete(id);
    this.#unsaved.set(id, doc);
    const before = this.#writing.get(id) ?? Promise.resolve();
    const write = before.then(() => this.#write(id, doc));
    this.#writing.set(id, write);
    await write;
    if (this.#writing.get(id) === write) this.#writing.delete(id);
  }

  /** Forget what waits to be saved, and wait for what is being saved. */
  async forget(id) {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
    await this.#writing.get(id);
    this.#settle(id);
  }

  async #write(id, doc) {
    if (doc.id !== id) return; // it became a copy while this waited, and is saved as that
    try {
      this.#versions.set(id, await this.api.put(pathOf(id), doc, { version: this.#versions.get(id) }));
    } catch (error) {
      if (error.code !== 412) return this.#failed(id, doc, error);
      clearTimeout(this.#waiting.get(id)?.timer);
      this.#waiting.delete(id);
      this.#settle(id);
      return this.onChanged(doc);
    }
    this.#settle(id);
    this.onSaved(doc);
  }

  #settle(id) {
    clearTimeout(this.#failures.get(id)?.timer);
    this.#failures.delete(id);
    this.#unsaved.delete(id);
    hold(`unsaved-${id}`, null);
  }

  #failed(id, doc, error) {
    const times = (this.#failures.get(id)?.times ?? 0) + 1;
    const wait = Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** (times - 1));
    const timer = mayPass(error) ? setTimeout(() => this.now(doc), wait) : 0;
    this.#failures.set(id, { times, timer });
    this.#hold(id, doc);
    this.onFailed(doc, error);
  }

  #hold(id, doc) {
    return hold(`unsaved-${id}`, { doc, version: this.#versions.get(id) ?? null });
  }

  #retryAll() {
    for (const id of [...this.#failures.keys()]) this.now(this.#unsaved.get(id));
  }

  #leave() {
    for (const { doc, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      const keepalive = new Blob([JSON.stringify(doc)]).size < KEEPALIVE_MOST;
      // Where a write is under way, this one follows it whatever version that makes.
      const version = this.#writing.has(doc.id) ? null : this.#versions.get(doc.id);
      const written = this.api.put(pathOf(doc.id), doc, { version, keepalive });
      written.then((version) => this.#versions.set(doc.id, version)).catch(() => {}); // no one is left to be told
    }
    for (const id of this.#failures.keys()) this.#hold(id, this.#unsaved.get(id));
    this.#waiting.clear();
  }
}

function readable(value) {
  try {
    return readConversation(value);
  } catch (error) {
    const advice = "Delete it, or keep it for the program that wrote it.";
    throw new ApiError({ message: `What is stored is not a conversation: ${error.message}.`, advice });
  }
}

/** Whether the same request may succeed later: the server was away or busy, or wants its token. */
const mayPass = ({ code }) => code === 0 || code === 401 || code === 408 || code === 429 || code >= 500;

export const pathOf = (id) => `conversations/${encodeURIComponent(id)}`;
