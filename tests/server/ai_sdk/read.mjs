// Reads a UI message stream as `useChat` does, by the `ai` package of the folder given, and prints what it sees.
//
// node read.mjs FOLDER URL BODY

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, url, body] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve("ai");
const { DefaultChatTransport, readUIMessageStream } = await import(pathToFileURL(found));

const errors = [];
const states = [];
let message = null;
let stream;
try {
  const transport = new DefaultChatTransport({ api: url });
  stream = await transport.sendMessages({
    trigger: "submit-message",
    chatId: "one",
    messages: JSON.parse(body),
  });
} catch (error) {
  console.log(JSON.stringify({ refused: String(error.message) }));
  process.exit(0);
}
const messages = readUIMessageStream({ stream, onError: (error) => errors.push(String(error.message ?? error)) });
for await (const snapshot of messages) {
  message = structuredClone(snapshot);
  for (const part of message.parts) {
    if (part.state !== undefined) states.push(`${part.type} ${part.state}`);
  }
}
console.log(JSON.stringify({ message, errors, states: [...new Set(states)] }));
