// Answers that are being made. They go on when another conversation is opened, and end when they are stopped.
import { ApiError } from "./api.js";
import { applyEvent, keepFacts } from "./store/reply.js";

const CLOSING_MS = 150;

export class Runs {
  #running = new Map(); // id of the node -> {doc, node, abort, over}

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
    await Promise.all(runs.map(({ over }) => over));
  }

  start(doc, node, body) {
    const run = { doc, node, abort: new AbortController() };
    this.#running.set(node.id, run);
    run.over = this.#make(run, body);
  }

  async #make({ doc, node, abort }, body) {
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    this.onChange(doc, node);
    try {
      for await (const { name, data } of this.api.chat(body, abort.signal)) {
        applyEvent(node, name, data);
        node.first_piece_s ??= elapsed();
        if (node.reasoning && node.content && node.reasoning_s === undefined) node.reasoning_s = elapsed();
        this.onChange(doc, node);
      }
    } catch (error) {
      // A page that is being closed may see its connections break first: then this is where it ends, and says nothing.
      if (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
      if (abort.signal.aborted) node.finish_reason = "stopped";
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
