// One conversation in several windows: what another one has made of it is shown here, answers that it began are taken up,
// and where both have changed it, both are kept.
import { newId } from "./ids.js";
import { endingOf } from "./store/reply.js";

export class Windows {
  #byPerson = new WeakSet(); // conversations that a person has changed since they were saved
  #resumed = new WeakSet(); // conversations whose answer another page began: its window saves it too

  /**
   * `shown()` is the conversation that is shown, and `isEdited()` whether one of its messages is being changed;
   * `onNewer(doc)` is told what to show instead, `onCopy(doc, {id, title})` that it became a copy of that one.
   */
  constructor({ runs, saving, shown, isEdited, onNewer, onCopy }) {
    Object.assign(this, { runs, saving, shown, isEdited, onNewer, onCopy });
  }

  /** A person has changed a conversation. */
  changed(doc) {
    this.#byPerson.add(doc);
  }

  saved(doc) {
    this.#byPerson.delete(doc);
  }

  isResumed(doc) {
    return this.#resumed.has(doc);
  }

  /** Go on with an answer that the server is still writing, after a reload or beside another window. */
  async takeUp(doc) {
    const node = doc.nodes.find(({ id }) => id === doc.leaf);
    if (node?.role !== "assistant" || endingOf(node) !== "broken off") return;
    if (!(await this.runs.resume(doc, node))) return;
    this.#resumed.add(doc);
    if (doc === this.shown()) this.onNewer(doc);
  }

  /** Show what another window has made of the conversation, where nothing is going on here; returns whether it looked. */
  async refresh() {
    const doc = this.shown();
    const isBusy = () => doc !== this.shown() || this.runs.docOf(doc.id) || this.isEdited();
    if (!doc.nodes.length || isBusy()) return false;
    try {
      const newer = await this.saving.readNewer(doc.id);
      if (newer && !isBusy()) {
        this.onNewer(newer);
        await this.takeUp(newer);
      }
      return true;
    } catch {
      return false; // the server is away, or the conversation is gone: what is shown stays, and the next save tells
    }
  }

  /** The window that began an answer saves it, and so does each that read it too: the first one counts. */
  async onConflict(doc) {
    if (this.#byPerson.has(doc)) return this.#keepBoth(doc);
    try {
      const theirs = await this.saving.read(doc.id);
      const isMore = theirs.nodes.some((node) => !doc.nodes.some(({ id }) => id === node.id));
      if (this.runs.docOf(doc.id) === doc) return isMore ? this.#keepBoth(doc) : undefined; // it is saved at its end
      if (doc.nodes.every((node) => hasWhole(theirs, node))) {
        if (doc === this.shown()) this.onNewer(theirs);
      } else if (isMore) this.#keepBoth(doc);
      else await this.saving.now(doc); // the other window has less of the answer
    } catch {
      this.#keepBoth(doc);
    }
  }

  /** What this window has goes on as a copy, so nothing is lost. */
  #keepBoth(doc) {
    const other = { id: doc.id, title: doc.title || "Untitled" };
    doc.id = newId();
    doc.title = `${other.title} (copy)`;
    this.saving.now(doc);
    this.onCopy(doc, other);
  }
}

/** Whether a conversation has a message too, and an answer as whole as it is here. */
function hasWhole(doc, node) {
  const theirs = doc.nodes.find(({ id }) => id === node.id);
  return Boolean(theirs) && (node.role !== "assistant" || endingOf(theirs) !== "broken off");
}
