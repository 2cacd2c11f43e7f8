// OpenRouter's TypeScript SDK, which checks every field of an answer: node sdk.mjs BASE_URL KEY MANAGEMENT_KEY PLAY
import { OpenRouter } from "@openrouter/sdk";
import { assert, fails, run } from "./checking.mjs";

const [, , serverURL, key, managementKey, asked] = process.argv;
const play = JSON.parse(asked);
const make = (apiKey) => new OpenRouter({ apiKey, serverURL, retryConfig: { strategy: "none" } });
const client = make(key);
const manager = make(managementKey);
const model = play.MODEL;
const tools = [
  {
    type: "function",
    function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
  },
];

function send(content, more = {}) {
  return client.chat.send({
    chatRequest: { model, messages: [{ role: "user", content }], stream: false, ...more },
  });
}

async function streamed(content, more = {}) {
  const chunks = [];
  for await (const chunk of await send(content, { stream: true, ...more })) chunks.push(chunk);
  return chunks;
}

const ERRORS = {
  400: "BadRequestResponseError",
  402: "PaymentRequiredResponseError",
  429: "TooManyRequestsResponseError",
  500: "InternalServerResponseError",
  503: "ServiceUnavailableResponseError",
};

await run({
  plain: async () => assert.equal((await send("hi")).choices[0].message.content, play.TEXT),
  streamed: async () => {
    const chunks = await streamed("hi");
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), play.TEXT);
    assert.ok(chunks.at(-1).usage.cost > 0);
  },
  tools: async () => {
    const { message } = (await send(play.USE_THE_TOOL, { tools })).choices[0];
    assert.deepEqual(JSON.parse(message.toolCalls[0].function.arguments), { city: "Oslo" });
  },
  "streamed tools": async () => {
    const deltas = (await streamed(play.USE_THE_TOOL, { tools })).flatMap(
      (chunk) => chunk.choices[0]?.delta.toolCalls ?? [],
    );
    const text = deltas.map((delta) => delta.function?.arguments ?? "").join("");
    assert.deepEqual(JSON.parse(text), { city: "Oslo" });
  },
  "a value by a schema": async () => {
    const jsonSchema = { name: "city", schema: play.CITY_SCHEMA };
    const reply = await send(play.FACTS, { responseFormat: { type: "json_schema", jsonSchema } });
    assert.equal(typeof JSON.parse(reply.choices[0].message.content).name, "string");
  },
  "probabilities of tokens": async () => {
    assert.ok((await streamed("hi", { logprobs: true, topLogprobs: 2 })).length > 2);
  },
  "an error in a stream": async () => {
    const chunks = await streamed("Break off.");
    assert.equal(chunks.find((chunk) => chunk.error).error.code, 502);
  },
  ...Object.fromEntries(
    Object.entries(ERRORS).map(([status, name]) => [
      `error ${status}`,
      () => fails(() => send(`Fail with ${status}.`), (error) => error.name === name),
    ]),
  ),
  models: async () => assert.ok((await client.models.list()).result.data.length > 10),
  "one model": async () => {
    const found = await client.models.get({ author: "openai", slug: "gpt-4o-mini" });
    assert.equal(found.data.id, model);
  },
  "count of models": async () => assert.ok((await client.models.count()).data.count > 10),
  "models of vectors": async () => assert.ok(await client.embeddings.listModels()),
  providers: async () => assert.ok((await client.providers.list()).data.length > 1),
  endpoints: async () => assert.ok(await client.endpoints.listZdrEndpoints()),
  credits: async () => assert.ok((await manager.credits.getCredits()).data.totalCredits > 0),
  key: async () => assert.ok((await client.apiKeys.getCurrentKeyMetadata()).data.label),
  keys: async () => {
    const made = await manager.apiKeys.create({ requestBody: { name: "k" } });
    assert.equal((await manager.apiKeys.get({ hash: made.data.hash })).data.name, "k");
  },
  workspaces: async () => {
    const created = await manager.workspaces.create({ createWorkspaceRequest: { name: "A", slug: "a" } });
    assert.equal((await manager.workspaces.get({ id: "a" })).data.id, created.data.id);
    const listed = await manager.workspaces.list();
    assert.equal(listed.result.totalCount, 1);
  },
});
