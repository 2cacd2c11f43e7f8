// A stored or imported conversation as one that the page can draw: what another program wrote may lack fields or have
// others. What is of a wrong kind is left out or made text; fields that are unknown here stay. Pure.
import { attachmentsOf, textOf } from "./content.js";

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value) => (typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value));
const isText = (value) => typeof value === "string";
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** The fields of an answer that are drawn, and what each must be; else the field is left out. */
const FIELDS = {
  pair: isText, model: isText, provider: isText, generation_id: isText, finish_reason: isText, stopped_by: isText, started_at: isText,
  reasoning: isText, reasoning_s: isNumber, elapsed_s: isNumber, first_piece_s: isNumber, usage: isObject, error: isObject,
  earlier_usage: isObject, before: isObject,
};
const LISTS = { images: isText, annotations: isObject, tool_calls: isObject, tool_results: isObject, waiting: isText };

/** Throws an Error that says why a value is not a conversation. */
export function readConversation(value) {
  if (!isObject(value)) throw new Error("it is not an object with messages");
  if (!Array.isArray(value.nodes)) throw new Error("it has no list of messages (nodes)");
  const doc = structuredClone(value);
  const settings = isObject(doc.settings) ? doc.settings : {};
  doc.id = text(doc.id);
  doc.title = text(doc.title);
  doc.settings = {
    ...settings,
    model: isText(settings.model) ? settings.model : null,
    second: isText(settings.second) ? settings.second : null,
    system: text(settings.system),
    preset: isText(settings.preset) ? settings.preset : null,
    params: readParams(settings.params),
  };
  doc.nodes = doc.nodes.filter((node) => isObject(node) && isText(node.id)).map(readNode);
  const ids = new Set(doc.nodes.map(({ id }) => id));
  if (ids.size !== doc.nodes.length) throw new Error("two of its messages have the same id");
  for (const node of doc.nodes) if (!ids.has(node.parent)) node.parent = null;
  if (!ids.has(doc.leaf)) doc.leaf = doc.nodes.at(-1)?.id ?? null;
  return doc;
}

function readParams(value) {
  const params = isObject(value) ? { ...value } : {};
  if (params.tools !== undefined) params.tools = Array.isArray(params.tools) ? params.tools.filter(isObject) : [];
  if (params.reasoning !== undefined && !isObject(params.reasoning)) delete params.reasoning;
  return params;
}

function readNode(node) {
  const content = Array.isArray(node.content) ? node.content.filter(isObject).map(readPart) : text(node.content);
  if (node.role === "user" || node.role === "system") return { ...node, content };
  const read = { ...node, role: "assistant", content: textOf(content) };
  for (const [name, isGood] of Object.entries(FIELDS)) if (!isGood(read[name])) delete read[name];
  for (const [name, isGood] of Object.entries(LISTS)) {
    if (Array.isArray(read[name])) read[name] = read[name].filter(isGood);
    else delete read[name];
  }
  const pictures = attachmentsOf(content).filter(({ kind }) => kind === "image").map(({ url }) => url);
  if (pictures.length) read.images = [...(read.images ?? []), ...pictures];
  if (read.tool_calls) read.tool_calls = read.tool_calls.map(readCall);
  if (read.tool_results) read.tool_results = read.tool_results.map((result) => ({ ...result, content: readResult(result.content) }));
  if (read.error) read.error = { ...read.error, message: text(read.error.message) || "The answer failed", advice: text(read.error.advice) };
  return read;
}

function readPart(part) {
  if (part.type === "text") return { ...part, text: text(part.text) };
  if (part.type === "image_url") {
    const given = part.image_url;
    return { ...part, image_url: isText(given) ? { url: given } : { ...(isObject(given) && given), url: text(given?.url) } };
  }
  if (part.type === "file") return { ...part, file: { ...(isObject(part.file) && part.file), filename: text(part.file?.filename) || "file" } };
  if (part.type === "input_audio") return { ...part, input_audio: { ...(isObject(part.input_audio) && part.input_audio) } };
  return part;
}

function readCall(call, i) {
  return {
    ...call,
    id: text(call.id) || `call-${i}`,
    name: text(call.name),
    arguments: text(call.arguments),
    at: isNumber(call.at) ? call.at : undefined,
    step: isNumber(call.step) ? call.step : 0,
  };
}

/** The result of a tool is text, or parts: text and images. */
const readResult = (content) => (Array.isArray(content) ? content.filter(isObject).map(readPart) : text(content));
