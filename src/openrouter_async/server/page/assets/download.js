// A conversation as a file that the browser saves.
import { asJson, asMarkdown, fileName } from "./store/export.js";

export function download(doc, kind) {
  const [text, type] = kind === "json" ? [asJson(doc), "application/json"] : [asMarkdown(doc), "text/markdown"];
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName(doc, kind);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser reads it after the click
}
