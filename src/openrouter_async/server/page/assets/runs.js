// Answers that are being made. They go on when another conversation is opened, and end when they are stopped.
import { ApiError } from "./api.js";
import { applyEvent, keepFacts, restart } from "./store/reply.js";

const CLOSING_MS = 150;

export class Runs {
  #running = new Map(); // id of the node -> {doc, node, abort, over}
  #asked = new Set(); // ids of nodes whose answer the server is asked for

  /** `onChange(doc, node)` after each event, `onEnd(doc, node)` when it is over, however it ended. */
  constructor(api, { onChange, onEnd }) {
    this.api = api;
    this.onChange = onChange;
    this.onEnd = onEnd;
  }

  isActive(node) {
    return this.#running.has(node.id);
  }

  /** The conversation with this id, where one of its answers is being made. */
  docOf(id) {
    return [...this.#running.values()].find(({ doc }) => doc.id === id)?.doc ?? null;
  }

  conversationIds() {
    return new Set([...this.#running.values()].map(({ doc }) => doc.id));
  }

  /** Resolves when the answers of a conversation have ended. */
  async stop(docId) {
    const runs = [...this.#running.values()].filter(({ doc }) => doc.id === docId);
    for (const { abort } of runs) abort.abort();
    // The server would go on for a while without this page. Where it cannot be told, it ends by itself.
    const told = runs.map(({ node }) => this.api.stop(node.id).catch(() => {}));
    await Promise.all([...told, ...runs.map(({ over }) => over)]);
  }

  start(doc, node, body) {
    const abort = new AbortController();
    this.#run({ doc, node, abort }, this.api.chat(body, node.id, abort.signal));
  }

  /** Take up an answer that was begun before a reload, or in another window; resolves to whether it is still written. */
  async resume(doc, node) {
    if (this.#running.has(node.id) || this.#asked.has(node.id)) return false;
    this.#asked.add(node.id);
    const abort = new AbortController();
    try {
      const events = await this.api.resumed(node.id, abort.signal);
      if (!events || this.#running.has(node.id)) return false;
      restart(node);
      this.#run({ doc, node, abort }, events);
      return true;
    } catch {
      return false; // the server is away: what was saved stays as it is
    } finally {
      this.#asked.delete(node.id);
    }
  }

  #run(run, events) {
    this.#running.set(run.node.id, run);
    run.over = this.#make(run, events);
  }

  async #make({ doc, node, abort }, events) {
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    this.onChange(doc, node);
    try {
      for await (const { name, data } of events) {
        applyEvent(node, name, data);
        node.first_piece_s ??= elapsed();
        if (node.reasoning && node.content && node.reasoning_s === undefined) node.reasoning_s = elapsed();
        this.onChange(doc, node);
      }
    } catch (error) {
      // A page that is being closed may see its connections break first: then this is where it ends, and says nothing.
      if (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
      if (abort.signal.aborted || error.type === "Stopped") node.finish_reason = "stopped";
      else {
        const failure = error instanceof ApiError ? error : unforeseen(error);
        if (failure.partial) keepFacts(node, failure.partial);
        node.error = failure.toJSON();
      }
    } finally {
      node.elapsed_s = elapsed();
      this.#running.delete(node.id);
    }
    this.onEnd(doc, node);
  }
}

/** A mistake of this page: it is told in the message and in the console, and the rest goes on. */
function unforeseen(error) {
  console.error(error);
  return new ApiError({ message: `The page could not read the answer: ${error.message}`, type: "page_error" });
}
