// Text of a model as elements. Two lines of defence: markdown-it makes no HTML out of HTML (`html: false`), and
// DOMPurify lets only the tags and attributes listed here through. Nothing is loaded from elsewhere: a remote
// image would tell a stranger what was said, so it is shown as a link.
import { frameCode } from "./code-blocks.js";
import { linkMark } from "./footnotes.js";
import { highlight } from "./highlighting.js";
import { drawMath } from "./math.js";
import { markdownExtras } from "./markdown-extras.js";
import { mathSyntax } from "./math-syntax.js";
import { asciiAddress, deceives, hostOf, isLink, isShownImage } from "./store/links.js";
import { seen } from "./store/unseen.js";
import DOMPurify from "./vendor/dompurify.js";
import MarkdownIt from "./vendor/markdown-it.js";

const TAGS = [
  "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p",
  "pre", "s", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
];
const ATTRIBUTES = ["alt", "class", "href", "rel", "src", "start", "target"];

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (element) => {
  if (element.tagName === "A") {
    if (!isLink(element.getAttribute("href"))) element.removeAttribute("href");
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
  if (element.tagName === "IMG" && !isShownImage(element.getAttribute("src"))) element.remove();
});

const md = new MarkdownIt({ html: false, linkify: true, breaks: true });
md.use(mathSyntax).use(markdownExtras);
md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
md.normalizeLinkText = asciiAddress;
md.validateLink = (url) => isLink(url) || isShownImage(url);
md.renderer.rules.image = (list, i, options, env, self) => {
  const token = list[i];
  const src = token.attrGet("src") ?? "";
  const alt = self.renderInlineAsText(token.children ?? [], options, env);
  const escape = md.utils.escapeHtml;
  if (isShownImage(src)) return `<img src="${escape(src)}" alt="${escape(alt)}">`;
  return `<a href="${escape(src)}" class="remote-image">${escape(alt || src)}</a>`;
};
// Columns are aligned by class: the page's policy allows no style attributes.
for (const cell of ["th_open", "td_open"]) {
  md.renderer.rules[cell] = (list, i, options, env, self) => {
    const align = /text-align:(left|right|center)/.exec(list[i].attrGet("style") ?? "");
    list[i].attrs = align ? [["class", `align-${align[1]}`]] : null;
    return self.renderToken(list, i, options);
  };
}

export function parse(text, env = {}) {
  return md.parse(seen(text), env);
}

/** Parsed blocks as a sanitised fragment. */
export function fragmentOf(blocks, env = {}) {
  const fragment = purify.sanitize(md.renderer.render(blocks, md.options, env), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const block of fragment.children) block.dir = "auto"; // of what is in it, the style sheet takes care
  for (const link of fragment.querySelectorAll("a[href]")) tellTarget(link);
  for (const pre of fragment.querySelectorAll("pre")) decorateCode(pre);
  for (const mark of fragment.querySelectorAll(".footnote-mark")) linkMark(mark);
  for (const formula of fragment.querySelectorAll(".math")) drawMath(formula);
  for (const table of fragment.querySelectorAll("table")) {
    const scroller = document.createElement("div");
    scroller.className = "table-scroll";
    scroller.tabIndex = 0; // what scrolls must be reachable by keyboard
    table.replaceWith(scroller);
    scroller.append(table);
  }
  return fragment;
}

/** Sanitised elements of a whole text. */
export function render(text) {
  const env = {};
  return fragmentOf(parse(text, env), env);
}

/** Where the text of a link names another place than it leads to, that is said behind it. */
function tellTarget(link) {
  if (!link.classList.contains("remote-image") && !deceives(link.textContent, link.href)) return;
  const told = document.createElement("span");
  told.className = "link-host";
  told.textContent = ` (${hostOf(link.href)})`;
  link.append(told);
}

function decorateCode(pre) {
  const code = pre.querySelector("code");
  const language = /(?:^| )language-(\S+)/.exec(code?.className ?? "")?.[1] ?? "";
  highlight(code?.textContent ?? "", language, (html, rest) => {
    const colours = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], RETURN_DOM_FRAGMENT: true };
    code.replaceChildren(purify.sanitize(html, colours), rest);
  });
  frameCode(pre, language);
}
