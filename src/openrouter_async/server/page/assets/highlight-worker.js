// Highlights code away from the page, so that code which takes its rules for ever stops nothing else.
import hljs from "./vendor/highlight.js";

self.onmessage = ({ data: { code, language } }) => {
  const known = hljs.getLanguage(language);
  self.postMessage(known ? hljs.highlight(code, { language, ignoreIllegals: true }).value : "");
};
self.postMessage("ready");
