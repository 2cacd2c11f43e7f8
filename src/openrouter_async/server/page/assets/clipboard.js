// Copying, with a sign that it was done.
import { announce } from "./announce.js";
import { seen } from "./store/unseen.js";

const SHOWN_MS = 1500;

export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(seen(text));
  } catch {
    if (!copyBySelection(seen(text))) { // without https only the old way is there
      announce("Copying was refused by the browser.");
      return;
    }
  }
  announce("Copied.");
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), SHOWN_MS);
}

function copyBySelection(text) {
  const box = document.createElement("textarea");
  box.className = "sr-only";
  box.value = text;
  document.body.append(box);
  box.select();
  const isDone = document.execCommand("copy");
  box.remove();
  return isDone;
}
