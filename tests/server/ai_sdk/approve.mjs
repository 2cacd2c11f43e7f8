// Asks a question and answers each request for approval, as `useChat` does, by the `ai` package of the folder given.
//
// node approve.mjs FOLDER URL QUESTION APPROVED REASON

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, url, question, approved, reason] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve("ai");
const { AbstractChat, DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses: isAnswered } =
  await import(pathToFileURL(found));

const errors = [];
const states = [];
const state = {
  status: "ready",
  error: undefined,
  messages: [],
  pushMessage: (message) => (state.messages = [...state.messages, message]),
  popMessage: () => (state.messages = state.messages.slice(0, -1)),
  replaceMessage: (index, message) => {
    state.messages = state.messages.with ? state.messages.with(index, message) : state.messages;
    for (const part of message.parts) if (part.state && part.type !== "text") states.push(`${part.type} ${part.state}`);
  },
  snapshot: (value) => structuredClone(value),
};
class Chat extends AbstractChat {}
const chat = new Chat({
  state,
  transport: new DefaultChatTransport({ api: url }),
  sendAutomaticallyWhen: isAnswered,
  onError: (error) => errors.push(String(error.message ?? error)),
});

await chat.sendMessage({ text: question });
const asked = state.messages.at(-1).parts.filter((part) => part.state === "approval-requested");
for (const part of asked) {
  await chat.addToolApprovalResponse({ id: part.approval.id, approved: approved === "yes", reason: reason || undefined });
}
for (let i = 0; i < 500 && state.status !== "ready" && state.status !== "error"; i++) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(JSON.stringify({ messages: state.messages, errors, states: [...new Set(states)], asked: asked.length }));
process.exit(0);
