// Conversations to the server and back. A change is saved soon, not at once: while an answer grows there are many.

const SOON_MS = 400;
const GROWING_MS = 3000;
/** Browsers refuse larger requests that outlive the page. */
const KEEPALIVE_MOST = 60_000;

export class Saving {
  #waiting = new Map(); // id -> {doc, timer}
  #writing = new Map(); // id -> the request that is under way: they must not overtake each other
  #unsaved = new Map(); // id -> what the server does not have

  /** `onSaved(doc)`, and `onFailed(doc, error)`. */
  constructor(api, { onSaved, onFailed }) {
    this.api = api;
    this.onSaved = onSaved;
    this.onFailed = onFailed;
    window.addEventListener("pagehide", () => this.#leave());
  }

  /** Save within a moment; `isGrowing` while an answer is written, when less often is enough. */
  soon(doc, isGrowing = false) {
    const waiting = this.#waiting.get(doc.id);
    if (waiting && isGrowing) return;
    clearTimeout(waiting?.timer);
    const timer = setTimeout(() => this.now(doc), isGrowing ? GROWING_MS : SOON_MS);
    this.#waiting.set(doc.id, { doc, timer });
  }

  /** A conversation that is newer here than on the server. */
  held(id) {
    return this.#waiting.get(id)?.doc ?? this.#unsaved.get(id) ?? null;
  }

  async now(doc) {
    clearTimeout(this.#waiting.get(doc.id)?.timer);
    this.#waiting.delete(doc.id);
    this.#unsaved.set(doc.id, doc);
    const before = this.#writing.get(doc.id) ?? Promise.resolve();
    const write = before.then(() => this.#write(doc));
    this.#writing.set(doc.id, write);
    await write;
    if (this.#writing.get(doc.id) === write) this.#writing.delete(doc.id);
  }

  /** Forget what waits to be saved, and wait for what is being saved. */
  async forget(id) {
    clearTimeout(this.#waiting.get(id)?.timer);
    this.#waiting.delete(id);
    await this.#writing.get(id);
    this.#unsaved.delete(id);
  }

  async #write(doc) {
    try {
      await this.api.put(pathOf(doc.id), doc);
    } catch (error) {
      this.onFailed(doc, error);
      return;
    }
    this.#unsaved.delete(doc.id);
    this.onSaved(doc);
  }

  #leave() {
    for (const { doc, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      const keepalive = new Blob([JSON.stringify(doc)]).size < KEEPALIVE_MOST;
      this.api.put(pathOf(doc.id), doc, { keepalive }).catch(() => {}); // no one is left to be told
    }
    this.#waiting.clear();
  }
}

export const pathOf = (id) => `conversations/${encodeURIComponent(id)}`;
