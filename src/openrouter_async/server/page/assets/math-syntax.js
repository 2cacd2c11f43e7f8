// Mathematics in Markdown, kept from its escapes: $…$ and \(…\) in a line, $$…$$, \[…\] and \begin{…} as blocks.
// A dollar is money unless the text between two of them reads as a formula: no blank inside of either, no letter or
// digit outside of them.

const INLINE = /\$\$([^$]+?)\$\$|\$(?!\s)((?:\\[\s\S]|[^$\\])*?(?:\\[\s\S]|[^$\\\s]))\$(?![\p{L}\p{N}])|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]/uy;
const BLOCK = /^(?:(\$\$)|(\\\[)|(\\begin\{(?:align|aligned|alignat|equation|gather|gathered|multline|eqnarray|cases|[bpvBV]?matrix)\*?\}))/;
/** A formula within a line, and the bar of a row of a table; a character for private use stands for bars of formulas. */
const IN_ROW = new RegExp(`(?<![\\p{L}\\p{N}\\\\$\`])(?:${INLINE.source})`, "gu");
const RULE = /^[|:-][|: \t-]*$/;
const BAR = "\uE07C";
const WORD = /[\p{L}\p{N}\\]/u;

export function mathSyntax(md) {
  md.inline.ruler.before("escape", "math", inline);
  md.block.ruler.before("fence", "math_block", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
  const table = md.block.ruler.__rules__.find(({ name }) => name === "table").fn;
  md.block.ruler.at("table", (...given) => keepBars(table, ...given), { alt: ["paragraph", "reference"] });
  const { escapeHtml } = md.utils;
  md.renderer.rules.math = (list, i) => `<span class="math${list[i].markup}">${escapeHtml(list[i].content)}</span>`;
  md.renderer.rules.math_block = (list, i) => `<div class="math math-display">${escapeHtml(list[i].content)}</div>\n`;
}

function inline(state, silent) {
  const { src, pos } = state;
  const isDollar = src[pos] === "$";
  if (!isDollar && src[pos] !== "\\") return false;
  if (isDollar && pos > 0 && WORD.test(src[pos - 1])) return false;
  INLINE.lastIndex = pos;
  const found = INLINE.exec(src);
  if (!found) return false;
  const [all, dollars, dollar, round, square] = found;
  if (!silent) {
    const token = state.push("math", "", 0);
    token.content = (dollars ?? dollar ?? round ?? square).trim();
    token.markup = dollars || square ? " math-display" : "";
  }
  state.pos += all.length;
  return true;
}

/** A block ends at its closing mark; without one, at the end of the text, for more may come. A blank line ends none. */
function block(state, first, last, silent) {
  const line = (n) => state.src.slice(state.bMarks[n] + state.tShift[n], state.eMarks[n]);
  if (state.sCount[first] - state.blkIndent >= 4) return false;
  const begun = BLOCK.exec(line(first));
  if (!begun) return false;
  const [opening, dollars, square] = begun;
  const isEnvironment = !dollars && !square;
  const closing = dollars ?? (square ? "\\]" : opening.replace("begin", "end"));
  const lines = [];
  let isClosed = false;
  let next = first;
  for (; next < last && !isClosed; next++) {
    const text = next === first ? line(next).slice(opening.length) : line(next);
    if (next > first && (!text.trim() || state.sCount[next] < state.blkIndent)) break;
    const end = text.indexOf(closing);
    isClosed = end >= 0;
    if (isClosed && text.slice(end + closing.length).trim().replace(/^[.,;:]$/, "")) return false; // more behind it: a line
    lines.push(isClosed ? text.slice(0, end) : text);
  }
  if (!isClosed && next < last) return false;
  if (silent) return true;
  const token = state.push("math_block", "", 0);
  const content = lines.join("\n");
  token.content = isEnvironment ? `${opening}${content}${isClosed ? closing : ""}` : content.trim();
  token.map = [first, next];
  state.line = next;
  return true;
}

/** Read a table whose formulas may have bars, as in |x|, which end no cell. */
function keepBars(table, state, first, last, silent) {
  const { src, tokens, bMarks, tShift, eMarks } = state;
  if (first + 2 > last || !RULE.test(src.slice(bMarks[first + 1] + tShift[first + 1], eMarks[first + 1]))) {
    return table(state, first, last, silent);
  }
  let end = first;
  while (end < last && bMarks[end] + tShift[end] < eMarks[end]) end++;
  const rows = src.slice(bMarks[first], eMarks[end - 1]).split("\n");
  const hidden = rows.map((row) => row.replace(IN_ROW, (formula) => formula.replaceAll("|", BAR))).join("\n");
  const before = tokens.length;
  state.src = src.slice(0, bMarks[first]) + hidden + src.slice(eMarks[end - 1]);
  const isTable = table(state, first, last, silent);
  state.src = src;
  for (const token of tokens.slice(before)) if (token.type === "inline") token.content = token.content.replaceAll(BAR, "|");
  return isTable;
}
