// Markdown of a model for a file that another program will show: its links lead to web and mail only, and it has no HTML.
// What is in code stays as it is. Pure.
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
  for (const { type, map } of md.parse(text, {})) {
    if (type !== "fence" && type !== "code_block") continue;
    parts.push(prose(lines.slice(from, map[0])), lines.slice(...map));
    from = map[1];
  }
  parts.push(prose(lines.slice(from)));
  return parts.flat().join("\n");
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
