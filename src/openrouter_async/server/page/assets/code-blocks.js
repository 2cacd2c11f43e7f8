// The bar of a code block: its language, and buttons to wrap long lines, to save, and to copy.
import { copy } from "./clipboard.js";
import { h } from "./dom.js";
import { saveText } from "./download.js";
import { keep, kept } from "./kept.js";
import { seen } from "./store/unseen.js";

const ENDINGS = {
  bash: "sh", c: "c", "c++": "cpp", cpp: "cpp", csharp: "cs", css: "css", go: "go", html: "html", java: "java", javascript: "js",
  js: "js", json: "json", kotlin: "kt", markdown: "md", php: "php", python: "py", ruby: "rb", rust: "rs", shell: "sh", sql: "sql",
  swift: "swift", typescript: "ts", xml: "xml", yaml: "yaml",
};

const endingOf = (language) => ENDINGS[language.toLowerCase()] ?? (/^\w{1,4}$/.test(language) ? language.toLowerCase() : "txt");
const wraps = () => kept("wrap-code", false) === true;
const showWrap = () => document.documentElement.toggleAttribute("data-wrap-code", wraps());

/** Put a bar above a block. */
export function frameCode(pre, language) {
  const button = (label, name, props = {}) => h(`button.code-button.${name}`, { type: "button", ...props }, label);
  const frame = h(
    "div.code",
    { "data-language": language },
    h(
      "div.code-bar",
      {},
      h("span", {}, language || "text"),
      button("Wrap", "wrap-code", { "aria-pressed": String(wraps()) }),
      button("Save", "save-code"),
      button("Copy", "copy-code"),
    ),
  );
  pre.tabIndex = 0;
  pre.replaceWith(frame);
  frame.append(pre);
}

/** The buttons of the blocks in an element, now and later. */
export function listenToCode(element) {
  showWrap();
  element.addEventListener("click", ({ target }) => {
    const button = target.closest(".code-button");
    if (!button) return;
    const frame = button.closest(".code");
    const text = frame.querySelector("code").textContent;
    if (button.classList.contains("copy-code")) copy(text, button);
    else if (button.classList.contains("save-code")) saveText(`code.${endingOf(frame.dataset.language)}`, seen(text), "text/plain");
    else {
      keep("wrap-code", !wraps());
      showWrap();
      for (const each of element.querySelectorAll(".wrap-code")) each.setAttribute("aria-pressed", String(wraps()));
    }
  });
}
