// `ai` with OpenRouter's provider for it, in its strict mode: node provider.mjs BASE_URL KEY MANAGEMENT_KEY PLAY
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { Output, embed, generateText, isStepCount, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { assert, fails, run } from "./checking.mjs";

const [, , baseURL, apiKey, , asked] = process.argv;
const play = JSON.parse(asked);
const openrouter = createOpenRouter({ apiKey, baseURL, compatibility: "strict" });
const call = { model: openrouter.chat(play.MODEL), maxRetries: 0 };
const weather = tool({
  description: "The weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async () => play.RESULT,
});
const withTool = { prompt: play.USE_THE_TOOL, tools: { get_weather: weather }, stopWhen: (isStepCount ?? stepCountIs)(3) };
const city = z.object({ name: z.string(), population: z.number().int() });

async function read(options) {
  const result = streamText({ ...call, ...options });
  for await (const part of result.fullStream ?? result.stream) if (part.type === "error") throw part.error;
  return result;
}

const failed = (status) => (error) => error.statusCode === status;

await run({
  plain: async () => {
    const result = await generateText({ ...call, prompt: "hi" });
    assert.equal(result.text, play.TEXT);
    assert.ok(result.usage.totalTokens > 0);
  },
  streamed: async () => assert.equal(await (await read({ prompt: "hi" })).text, play.TEXT),
  tools: async () => assert.match((await generateText({ ...call, ...withTool })).text, new RegExp(play.RESULT)),
  "streamed tools": async () => assert.match(await (await read(withTool)).text, new RegExp(play.RESULT)),
  "a value": async () => {
    const { output } = await generateText({ ...call, prompt: play.FACTS, output: Output.object({ schema: city }) });
    assert.ok(Number.isSafeInteger(output.population));
  },
  "a streamed value": async () => {
    const result = await read({ prompt: play.FACTS, output: Output.object({ schema: city }) });
    city.parse(await result.output);
  },
  vectors: async () => {
    const model = openrouter.textEmbeddingModel("openai/text-embedding-3-small");
    assert.equal((await embed({ model, value: "a", maxRetries: 0 })).embedding.length, 1536);
  },
  ...Object.fromEntries(
    [400, 401, 429, 500].map((status) => [
      `error ${status}`,
      () => fails(() => generateText({ ...call, prompt: `Fail with ${status}.` }), failed(status)),
    ]),
  ),
  "error of a stream": () => fails(() => read({ prompt: "Fail with 429.", onError() {} }), failed(429)),
});
