// Asks by OpenRouter's own agent: node ask.mjs URL KEY, and prints as JSON what it saw.
import { callModel, tool } from "@openrouter/agent";
import { OpenRouter } from "@openrouter/sdk";
import { z } from "zod";

const [, , serverURL, apiKey] = process.argv;
const client = new OpenRouter({ apiKey, serverURL, retryConfig: { strategy: "none" } });
const model = "openai/gpt-4.1-mini";
const stock = tool({
  name: "stock",
  description: "How many of an item are in stock",
  inputSchema: z.object({ item: z.string() }),
  execute: async ({ item }) => ({ item, count: 3 }),
});

async function all(stream) {
  const seen = [];
  for await (const each of stream) seen.push(each);
  return seen;
}

const seen = {};

const plain = callModel(client, { model, input: "plain" });
seen.pieces = await all(plain.getTextStream());
seen.text = await plain.getText();
seen.usage = (await plain.getResponse()).usage;

const thinking = callModel(client, { model, input: "think", reasoning: { effort: "low" } });
seen.thoughts = (await all(thinking.getReasoningStream())).join("");
seen.answer = await thinking.getText();

const run = callModel(client, { model, input: "tools", tools: [stock] });
const events = await all(run.getFullResponsesStream());
seen.results = events.filter((event) => event.type === "tool.result").map((event) => event.result);
seen.last = await run.getText();

try {
  await callModel(client, { model, input: "fail" }).getText();
} catch (error) {
  seen.error = { name: error.name, status: error.statusCode ?? null, message: error.message };
}
try {
  await callModel(client, { model, input: "break" }).getText();
} catch (error) {
  seen.broken = error.message;
}
console.log(JSON.stringify(seen));
