// Files that the browser saves.
import { asJson, asMarkdown, fileName } from "./store/export.js";

export function saveText(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveUrl(name, url);
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser reads it after the click
}

export function saveUrl(name, url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** A conversation as a file. */
export function download(doc, kind) {
  const [text, type] = kind === "json" ? [asJson(doc), "application/json"] : [asMarkdown(doc), "text/markdown"];
  saveText(fileName(doc, kind), text, type);
}
