// Code in colours, one block after the other, in a worker: what a model writes can keep the rules of a language busy for
// a minute. A block that takes longer than `GIVE_UP_MS` stays as it is.

/** Longest code that is tried. */
const MOST = 60_000;
const GIVE_UP_MS = 200;
/** Blocks whose colours are kept; a block that grows is asked for with each piece. */
const KEPT = 200;

const kept = new Map(); // of language and code, the HTML; empty where there is none
let waiting = [];
let current = null; // what the worker is at
let worker = null;
let isReady = false;
let timer = 0;
let latest = null;

/** Call `show(html, rest)` as soon as there are colours: `html` is of the code but for the text `rest` at its end. */
export function highlight(code, language, show) {
  if (!language || code.length > MOST) return;
  const key = `${language}\n${code}`;
  const html = kept.get(key);
  if (html !== undefined) {
    if (html) show(html, "");
    return;
  }
  // Of code that grows, the colours so far stay.
  if (latest?.language === language && code.startsWith(latest.code)) show(latest.html, code.slice(latest.code.length));
  waiting.push({ code, language, key, show });
  if (waiting.length > KEPT) waiting.shift();
  next();
}

function next() {
  if (current || !waiting.length) return;
  worker ??= begin();
  if (!isReady) return;
  current = waiting.shift();
  worker.postMessage({ code: current.code, language: current.language });
  timer = setTimeout(giveUp, GIVE_UP_MS);
}

function begin() {
  isReady = false;
  const made = new Worker(new URL("./highlight-worker.js", import.meta.url), { type: "module" });
  made.onmessage = ({ data }) => {
    if (isReady) finish(data);
    else isReady = true;
    next();
  };
  return made;
}

function giveUp() {
  worker.terminate();
  worker = null;
  finish("");
  next();
}

function finish(html) {
  clearTimeout(timer);
  const { key, code, language } = current;
  const asked = [current, ...waiting.filter((each) => each.key === key)];
  waiting = waiting.filter((each) => each.key !== key);
  current = null;
  kept.set(key, html);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  if (!html) return;
  latest = { code, language, html };
  for (const { show } of asked) show(html, "");
}
