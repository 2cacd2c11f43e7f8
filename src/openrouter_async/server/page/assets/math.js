// Formulas as MathML, which the browser draws without fonts of ours. The library is loaded with the first formula.
import DOMPurify from "./vendor/dompurify.js";

const LONGEST = 10_000;
const KEPT = 300;

/** What the library styles by attribute, which the page's policy forbids; set by script, which it allows. */
const STYLES = /^(?:color|background-color|display|width|height|padding|border|margin|font-size|vertical-align)(?:-\w+)*$/;
const VALUE = /^[\w\s.#%,-]+$/;

const purify = DOMPurify(window);
const kept = new Map(); // TeX -> elements, since a formula in a text that grows is drawn again with each piece
let library = null;
let loading = null;

/** Draw the formula whose TeX is the text of an element; a wrong one stays as it was written. */
export function drawMath(element) {
  const tex = element.textContent;
  const isDisplay = element.classList.contains("math-display");
  if (tex.length > LONGEST) return;
  if (library) show(element, tex, isDisplay);
  else {
    loading ??= import(new URL("./vendor/temml.js", import.meta.url)).then((module) => (library = module.default));
    loading.then(
      () => show(element, tex, isDisplay),
      () => (loading = null), // the server is away: the formula stays as text, and the next one tries again
    );
  }
}

function show(element, tex, isDisplay) {
  const key = `${isDisplay}${tex}`;
  if (!kept.has(key)) kept.set(key, fragmentOf(tex, isDisplay));
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  const drawn = kept.get(key);
  element.classList.toggle("math-wrong", !drawn);
  if (!drawn) return;
  element.replaceChildren(drawn.cloneNode(true));
  element.title = tex;
}

function fragmentOf(tex, isDisplay) {
  let text;
  try {
    text = library.renderToString(tex, { displayMode: isDisplay, throwOnError: true, maxExpand: 200, maxSize: [50, 500] });
  } catch {
    return null; // not TeX, or not yet: it may still be written
  }
  const fragment = purify.sanitize(text.replaceAll(' style="', ' data-style="'), {
    USE_PROFILES: { mathMl: true },
    ADD_ATTR: ["class", "columnspan", "scriptlevel"],
    ALLOW_DATA_ATTR: true,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const element of fragment.querySelectorAll("[data-style]")) {
    for (const [name, value] of element.dataset.style.split(";").map((each) => each.split(":"))) {
      if (STYLES.test(name) && VALUE.test(value)) element.style.setProperty(name, value);
    }
    delete element.dataset.style;
  }
  return fragment;
}
