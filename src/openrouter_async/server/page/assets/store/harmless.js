// Markdown of a model for a file that another program will show: its links lead to web and mail only, and it has no HTML.
// What is in code stays as it is, and code ends with the text: else it would end where the next text has code. Pure.
import { isLink } from "./links.js";
import { seen } from "./unseen.js";
import MarkdownIt from "../vendor/markdown-it.js";

const md = new MarkdownIt();
/** An escaped character, a span of code, a destination of a link, a definition of one, or the beginning of HTML. */
const PARTS = /\\[\s\S]|(`+)(?!`)[\s\S]*?[^`]\1(?!`)|(\]\(\s*<?|\]:\s*<?)((?:\([^\s()]*\)|[^\s<>()])*)|<(?=[a-z/!?])/gi;
const RELATIVE = /^(?:#|\/|\.|[\w-]+(?:[/.?#]|$))/;

export function harmless(text) {
  const lines = text.split(/\r\n?|\n/);
  const parts = [];
  let from = 0;
  let end = [];
  for (const { type, map, markup, level } of md.parse(text, {})) {
    if (type !== "fence" && type !== "code_block") continue;
    parts.push(prose(lines.slice(from, map[0])), lines.slice(...map));
    from = map[1];
    const isOpen = type === "fence" && !level && !endsFence(lines.slice(map[0] + 1, from).at(-1) ?? "", markup);
    end = isOpen ? [markup] : [];
  }
  parts.push(prose(lines.slice(from)), end);
  return parts.flat().join("\n");
}

function endsFence(line, markup) {
  const marks = line.trim();
  return marks.startsWith(markup) && !marks.replaceAll(markup[0], "") && line.search(/\S/) < 4;
}

function prose(lines) {
  if (!lines.length) return [];
  return seen(lines.join("\n")).replace(PARTS, (all, ticks, opening, target, at, whole) => {
    if (opening !== undefined) return isGood(target) ? all : `${opening}#`;
    if (all !== "<") return all;
    return isLink(whole.slice(at + 1)) ? all : "&lt;";
  });
}

/** Entities and escapes are read first, as the program that shows the file will. */
function isGood(target) {
  const read = md.utils.unescapeAll(target).replace(/[\s\u0000-\u001f]/g, "");
  return isLink(read) || RELATIVE.test(read);
}
