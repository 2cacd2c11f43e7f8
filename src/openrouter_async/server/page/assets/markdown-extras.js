// What models write beyond plain Markdown: task lists, as signs, and footnotes, whose marks become buttons: see footnotes.js.

const TASK = /^\[([ xX])\] /;
const REFERENCE = /\[\^([\w-]{1,30})\](?!:)/y;
const NOTE = /^\[\^([\w-]{1,30})\]:[ \t]+/;

export function markdownExtras(md) {
  md.core.ruler.after("inline", "tasks", tasks);
  md.inline.ruler.before("link", "footnote_reference", reference);
  md.block.ruler.before("reference", "footnote", note, { alt: ["paragraph"] });
  const mark = (name) => `<sup class="footnote-mark">${md.utils.escapeHtml(name)}</sup>`;
  md.renderer.rules.footnote_reference = (list, i) => mark(list[i].content);
  md.renderer.rules.footnote_open = (list, i) => `<p class="footnote">${mark(list[i].content)} `;
  md.renderer.rules.footnote_close = () => "</p>\n";
}

function tasks(state) {
  const { tokens } = state;
  tokens.forEach((token, i) => {
    const isFirst = token.type === "inline" && tokens[i - 1]?.type === "paragraph_open" && tokens[i - 2]?.type === "list_item_open";
    const [text] = isFirst ? token.children : [];
    const found = text?.type === "text" && TASK.exec(text.content);
    if (!found) return;
    text.content = `${found[1] === " " ? "☐" : "☑"} ${text.content.slice(found[0].length)}`;
    tokens[i - 2].attrJoin("class", "task");
  });
}

/** `word[^1]`; a blank before it makes it a set of characters, as in "[^abc] matches". */
function reference(state, silent) {
  const { src, pos } = state;
  if (src[pos] !== "[" || pos === 0 || /\s/.test(src[pos - 1])) return false;
  REFERENCE.lastIndex = pos;
  const found = REFERENCE.exec(src);
  if (!found) return false;
  if (!silent) state.push("footnote_reference", "", 0).content = found[1];
  state.pos += found[0].length;
  return true;
}

/** `[^1]: what it says`, up to a blank line or the next note. */
function note(state, first, last, silent) {
  const line = (n) => state.src.slice(state.bMarks[n] + state.tShift[n], state.eMarks[n]);
  const found = NOTE.exec(line(first));
  if (!found || state.sCount[first] - state.blkIndent >= 4) return false;
  if (silent) return true;
  const lines = [line(first).slice(found[0].length)];
  let next = first + 1;
  for (; next < last && line(next).trim() && !NOTE.test(line(next)) && state.sCount[next] >= state.blkIndent; next++) lines.push(line(next));
  const open = state.push("footnote_open", "p", 1);
  open.content = found[1];
  open.map = [first, next];
  const text = state.push("inline", "", 0);
  text.content = lines.join("\n").trim();
  text.children = [];
  text.map = [first, next];
  state.push("footnote_close", "p", -1);
  state.line = next;
  return true;
}
