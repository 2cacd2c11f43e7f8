// Markdown that grows. A top-level block is finished as soon as another begins after it; finished blocks keep their
// elements and are never looked at again, so the work for a piece depends on the last block, not on the answer.
import { fragmentOf, parse, render } from "./markdown.js";

/** A code block that is still open is highlighted again with each piece, up to this length. */
const OPEN_CODE_MOST = 6_000;

export class MarkdownStream {
  #element;
  #text = "";
  #finished = 0; // how much of the text is in finished blocks
  #last = []; // elements of the block that may still change
  #references = false;
  #done = false;

  constructor(element) {
    this.#element = element;
  }

  /** Show `text`, which begins with what was shown before; `done` when no more will come. */
  update(text, done = false) {
    if (text === this.#text && done === this.#done) return;
    const wasDone = this.#done;
    const grew = text.startsWith(this.#text) && !wasDone;
    this.#text = text;
    this.#done = done;
    if (grew) this.#tail(text, done);
    // A definition `[1]: https://...` may stand behind its use: then all is read once more at the end.
    if (!grew || (done && this.#references)) this.#all(text);
  }

  #all(text) {
    this.#element.replaceChildren(render(text));
    this.#finished = text.length;
    this.#last = [];
  }

  #tail(text, done) {
    const tail = text.slice(this.#finished);
    const env = {};
    const tokens = parse(tail, env);
    this.#references ||= Object.keys(env.references ?? {}).length > 0;
    const starts = tokens.flatMap((token, i) => (token.level === 0 && token.nesting >= 0 && token.map ? [i] : []));
    const lastStart = starts.at(-1) ?? 0;
    for (const element of this.#last) element.remove();
    if (starts.length > 1 && !done) {
      this.#element.append(fragmentOf(tokens.slice(0, lastStart), env));
      this.#finished += offsetOfLine(tail, tokens[lastStart].map[0]);
      this.#show(tokens.slice(lastStart), env);
    } else {
      this.#show(tokens, env, done);
    }
  }

  #show(tokens, env, done = false) {
    const [token] = tokens;
    // Without its language it is shown as plain text.
    if (!done && token?.type === "fence" && token.content.length > OPEN_CODE_MOST) token.info = "";
    const fragment = fragmentOf(tokens, env);
    this.#last = [...fragment.childNodes];
    this.#element.append(fragment);
  }
}

/** Where a line begins, counted as markdown-it counts lines. */
function offsetOfLine(text, line) {
  const ends = /\r\n?|\n/g;
  for (let i = 0; i < line; i++) ends.exec(text);
  return ends.lastIndex;
}
