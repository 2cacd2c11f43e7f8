// Asks as `useChat` does, leaves after some pieces, and comes back ten times by `reconnectToStream`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, url] = process.argv.slice(2);
const { DefaultChatTransport, readUIMessageStream } = await import(
  pathToFileURL(createRequire(`${folder}/package.json`).resolve("ai")).href
);
const transport = new DefaultChatTransport({ api: `${url}/api/chat` });
const messages = [{ id: "q", role: "user", parts: [{ type: "text", text: "Hello" }] }];

const textOf = (message) => message.parts.filter(({ type }) => type === "text").map(({ text }) => text).join("");

async function read(stream, most = Infinity) {
  let text = "";
  let states = 0;
  for await (const message of readUIMessageStream({ stream })) {
    text = textOf(message);
    if (++states >= most) break;
  }
  return text;
}

const abort = new AbortController();
const first = await transport.sendMessages({
  chatId: "7", messages, trigger: "submit-message", messageId: undefined, abortSignal: abort.signal,
});
const seen = [await read(first, 4)];
abort.abort();
for (let number = 0; number < 10; number++) {
  seen.push(await read(await transport.reconnectToStream({ chatId: "7" }), 4 + number));
}
const whole = await Promise.all([1, 2].map(async () => read(await transport.reconnectToStream({ chatId: "7" }))));
const after = await transport.reconnectToStream({ chatId: "7" });
console.log(JSON.stringify({ seen, whole, after }));
