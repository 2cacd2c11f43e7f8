// A conversation that was exported as JSON, here or elsewhere, as a new one of this page.
import { byId } from "./dom.js";
import { newId } from "./ids.js";
import { readConversation } from "./store/reading.js";

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const TITLE_MOST = 500;

/** Throws an Error that says why a file has no conversation. */
export async function conversationIn(file, now = new Date().toISOString()) {
  let value;
  try {
    value = JSON.parse(await file.text());
  } catch {
    throw new Error("it is not JSON; export the conversation as JSON, not as Markdown");
  }
  const doc = readConversation(value);
  const ids = new Map(doc.nodes.map(({ id }) => [id, ID.test(id) ? id : newId()]));
  for (const node of doc.nodes) {
    node.id = ids.get(node.id);
    node.parent = ids.get(node.parent) ?? null;
  }
  // With an id of its own it takes the place of none.
  return { ...doc, id: newId(), title: doc.title.slice(0, TITLE_MOST), leaf: ids.get(doc.leaf) ?? null, created_at: now, updated_at: now };
}

/** `onImport(doc)` takes the conversation of a chosen file, `onFailed(message)` is told why there is none. */
export function offerImport({ onImport, onFailed }) {
  const input = byId("import-input");
  byId("import").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    try {
      onImport(await conversationIn(file));
    } catch (error) {
      onFailed(`${file.name} cannot be imported: ${error.message}.`);
    }
    input.value = "";
  });
}
