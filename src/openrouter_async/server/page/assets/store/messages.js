// What is sent to the model: the branch that is shown, as chat messages.
import { pathTo } from "./tree.js";

/** The messages up to `leaf`. Answers that hold nothing (failed at once, stopped at once) are left out. */
export function messagesOf(doc, leaf) {
  const system = doc.settings.system?.trim();
  const messages = system ? [{ role: "system", content: system }] : [];
  for (const node of pathTo(doc, leaf)) {
    if (node.role !== "assistant") messages.push({ role: node.role, content: node.content });
    else messages.push(...answerMessages(node));
  }
  return messages;
}

/** One answer as it was made: its texts, the calls between them, and their results, in order. */
function answerMessages(node) {
  const messages = [];
  const results = new Map((node.tool_results ?? []).map((result) => [result.id, result]));
  let from = 0;
  for (const calls of stepsOf(node.tool_calls ?? [])) {
    const answered = calls.filter((call) => results.has(call.id));
    if (!answered.length) continue; // a call without its result is refused by models
    const at = calls[0].at ?? from;
    messages.push({
      role: "assistant",
      content: node.content.slice(from, at) || null,
      tool_calls: answered.map(({ id, name, arguments: args }) => ({
        id, type: "function", function: { name, arguments: args || "{}" },
      })),
    });
    for (const { id } of answered) {
      messages.push({ role: "tool", tool_call_id: id, content: results.get(id).content });
    }
    from = at;
  }
  const rest = node.content.slice(from);
  if (rest) messages.push({ role: "assistant", content: rest });
  return messages;
}

/** Tool calls in groups that were made at once. */
function stepsOf(calls) {
  const steps = new Map();
  for (const call of calls) {
    const step = call.step ?? 0;
    steps.set(step, [...(steps.get(step) ?? []), call]);
  }
  return steps.values();
}
