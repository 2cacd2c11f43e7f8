// An answer out of the events of a stream. Pure: `applyEvent` changes the node it is given, and nothing else.
//
// A tool call knows where it stands: `at` is how long the text was when it began, `step` which of the model's
// turns made it. So one node holds an answer of several turns, and shows it in order.

export function newAnswer(model, now = new Date().toISOString()) {
  return { role: "assistant", content: "", model, started_at: now };
}

/** Forget what is there of an answer, which is read again from its first event on. */
export function restart(node) {
  const { id, parent, model, started_at, before } = node;
  for (const name of Object.keys(node)) delete node[name];
  const begun = before ? { ...structuredClone(before), before } : { id, parent, ...newAnswer(model, started_at) };
  Object.assign(node, begun);
}

export function applyEvent(node, name, data) {
  switch (name) {
    case "text":
      node.content += data.text;
      break;
    case "refusal":
      node.content += data.text;
      node.refused = true;
      break;
    case "reasoning":
      node.reasoning = (node.reasoning ?? "") + data.text;
      break;
    case "tool_call_delta":
      callOf(node, data).arguments += data.fragment ?? "";
      break;
    case "tool_call": {
      const call = callOf(node, data);
      call.name = data.name || call.name;
      call.arguments = data.arguments ?? call.arguments;
      call.whole = true;
      break;
    }
    case "tool_progress":
      callOf(node, data).progress = typeof data.value === "string" ? data.value : JSON.stringify(data.value);
      break;
    case "tool_result":
      (node.tool_results ??= []).push({ id: data.id, name: data.name, content: data.content, is_error: Boolean(data.is_error) });
      break;
    case "image":
      (node.images ??= []).push(data.url);
      break;
    case "annotation":
      (node.annotations ??= []).push(data.annotation ?? data);
      break;
    case "usage":
      addUsage(node, data.usage ?? data);
      break;
    case "finished":
      finish(node, data);
      break;
  }
}

/** What a model is asked for after an answer that was cut; it is not kept in the conversation. */
export const CONTINUE = "Continue exactly where your last message ended, without repeating any of it.";

/** Make an answer ready to grow further. What it used so far is kept apart until it ends again: see `endContinued`. */
export function beginContinued(node) {
  if (node.usage) addUsage({ usage: (node.earlier_usage ??= {}) }, node.usage);
  for (const name of ["usage", "finish_reason", "error", "first_piece_s", "elapsed_s"]) delete node[name];
  delete node.before;
  node.before = structuredClone(node); // to which a reload in the middle returns, see `restart`
}

export function endContinued(node) {
  delete node.before;
  if (!node.earlier_usage) return;
  addUsage(node, node.earlier_usage);
  delete node.earlier_usage;
}

/** What an answer used so far; of one that grows further, or broke off as it did, with what it used before. */
export function usageOf({ usage, earlier_usage }) {
  if (!earlier_usage) return usage ?? null;
  const sum = {};
  for (const each of [earlier_usage, usage ?? {}]) addUsage({ usage: sum }, each);
  return sum;
}

/** Whether an answer has a beginning that may be continued: it was cut, stopped, broken off or failed half-way. */
export const canContinue = (node) =>
  Boolean(node.content) && !node.refused && (node.finish_reason === "length" || endingOf(node) !== "finished");

function callOf(node, { id, index, name }) {
  const calls = (node.tool_calls ??= []);
  const step = stepOf(node);
  const found =
    calls.find((call) => id && call.id === id) ??
    calls.find((call) => call.step === step && !call.whole && index !== undefined && call.index === index);
  if (found) return found;
  const call = { id: id ?? `call-${calls.length}`, index, name: name ?? "", arguments: "", at: node.content.length, step };
  calls.push(call);
  return call;
}

/** The model's turn that is going on: one more than those whose results have come. */
function stepOf(node) {
  const answered = new Set((node.tool_results ?? []).map((result) => result.id));
  let step = 0;
  for (const call of node.tool_calls ?? []) if (answered.has(call.id)) step = Math.max(step, call.step + 1);
  return step;
}

/** A run of several turns tells the usage of each; `finished` tells the sum. */
function addUsage(node, usage) {
  const sum = (node.usage ??= {});
  for (const [name, value] of Object.entries(usage)) {
    if (name === "cost") sum.cost = (Number(sum.cost) || 0) + (Number(value) || 0);
    else if (typeof value === "number") sum[name] = (sum[name] ?? 0) + value;
    else sum[name] = value;
  }
}

function finish(node, data) {
  node.finish_reason = data.finish_reason ?? "stop";
  keepFacts(node, data);
  if (data.waiting?.length) node.waiting = data.waiting.map(({ name }) => name);
  if (data.stopped_by) node.stopped_by = data.stopped_by;
  if (!node.content && data.text) node.content = data.text;
  if (!node.reasoning && data.reasoning) node.reasoning = data.reasoning;
}

/** Who answered and what it cost; of an answer that failed half-way too, as far as that is known. */
export function keepFacts(node, data) {
  for (const name of ["model", "provider", "generation_id", "usage"]) if (data[name]) node[name] = data[name];
}

/** Texts and tool calls of an answer in the order in which they came. */
export function segmentsOf(node) {
  const results = new Map((node.tool_results ?? []).map((result) => [result.id, result]));
  const segments = [];
  let from = 0;
  for (const call of node.tool_calls ?? []) {
    const at = Math.max(from, call.at ?? from);
    if (at > from) segments.push({ kind: "text", text: node.content.slice(from, at) });
    segments.push({ kind: "tool", call, result: results.get(call.id) ?? null });
    from = at;
  }
  if (from < node.content.length) segments.push({ kind: "text", text: node.content.slice(from) });
  return segments;
}

/** How an answer that is no longer being made ended: "finished", "failed", "stopped", or "broken off". */
export function endingOf(node) {
  if (node.error) return "failed";
  if (node.finish_reason === "stopped") return "stopped";
  return node.finish_reason ? "finished" : "broken off";
}
