// Conversations to the server and back. A change is saved soon, not at once: while an answer grows there are many.

const SOON_MS = 400;
const GROWING_MS = 3000;
/** Browsers refuse larger requests that outlive the page. */
const KEEPALIVE_MOST = 60_000;

export class Saving {
  #waiting = new Map(); // id -> {doc, timer}
  #writing = new Map(); // id -> the request that is under way: they must not overtake each other
  #unsaved = new Map(); // id -> what the server does not have
  #versions = new Map(); // id -> what the server had when this page last read or wrote it

  /** `onSaved(doc)`, `onFailed(doc, error)`, and `onChanged(doc)` where the server has what this page did not see. */
  constructor(api, { onSaved, onFailed, onChanged }) {
    this.api = api;
    this.onSaved = onSaved;
    this.onFailed = onFailed;
    this.onChanged = onChanged;
    window.addEventListener("pagehide", () => this.#leave());
  }

  /** A conversation as it is here, where that is newer, else from the server. */
  async read(id) {
    const held = this.#waiting.get(id)?.doc ?? this.#unsaved.get(id);
    if (held) return held;
    const { value, version } = await this.api.getStored(pathOf(id));
    this.#versions.set(id, version);
    return value;
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
    this.#unsaved.delete(id);
  }

  async #write(id, doc) {
    if (doc.id !== id) return; // it became a copy while this waited, and is saved as that
    try {
      this.#versions.set(id, await this.api.put(pathOf(id), doc, { version: this.#versions.get(id) }));
    } catch (error) {
      if (error.code !== 412) return this.onFailed(doc, error);
      clearTimeout(this.#waiting.get(id)?.timer);
      this.#waiting.delete(id);
      this.#unsaved.delete(id);
      return this.onChanged(doc);
    }
    this.#unsaved.delete(id);
    this.onSaved(doc);
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
    this.#waiting.clear();
  }
}

export const pathOf = (id) => `conversations/${encodeURIComponent(id)}`;
