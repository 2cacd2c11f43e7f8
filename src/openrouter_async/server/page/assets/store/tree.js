// A conversation as the server keeps it: a tree, so that editing and retrying lose nothing. Pure functions.
//
//   {id, title, created_at, updated_at, settings: {model, system, preset, params}, nodes: [...], leaf}
//
// `nodes` is in the order of making; `leaf` is the last node of the branch that is shown.

import { newId } from "../ids.js";
import { usageOf } from "./reply.js";

export function newConversation(settings, id = newId(), now = new Date().toISOString()) {
  return { id, title: "", created_at: now, updated_at: now, settings: structuredClone(settings), nodes: [], leaf: null };
}

export function nodeOf(doc, id) {
  return doc.nodes.find((node) => node.id === id) ?? null;
}

/** The nodes from the first message to `leaf`. */
export function pathTo(doc, leaf = doc.leaf) {
  const nodes = new Map(doc.nodes.map((node) => [node.id, node]));
  const path = [];
  const seen = new Set(); // a document that was edited by hand may hold a circle
  for (let node = nodes.get(leaf); node && !seen.has(node.id); node = nodes.get(node.parent)) {
    seen.add(node.id);
    path.push(node);
  }
  return path.reverse();
}

export function childrenOf(doc, parent) {
  return doc.nodes.filter((node) => (node.parent ?? null) === (parent ?? null));
}

/** All versions of a message in the order of making, itself included. */
export function siblingsOf(doc, node) {
  return childrenOf(doc, node.parent);
}

/** Add a node below `parent`, and show it. */
export function addNode(doc, parent, fields, id = newId()) {
  const node = { id, parent: parent ?? null, ...fields };
  doc.nodes.push(node);
  doc.leaf = id;
  return node;
}

/** An answer with those that other models made beside it, in the order of making; alone where there are none. */
export function besideOf(doc, node) {
  return node.pair ? siblingsOf(doc, node).filter(({ pair }) => pair === node.pair) : [node];
}

/** Show the branch through a node, down to what was said last below it. */
export function showNode(doc, id) {
  let leaf = id;
  for (let next = childrenOf(doc, leaf); next.length; next = childrenOf(doc, leaf)) leaf = next.at(-1).id;
  doc.leaf = leaf;
}

/** A new conversation with what was said up to a node. */
export function forkAt(doc, id, asId = newId(), now = new Date().toISOString()) {
  const nodes = structuredClone(pathTo(doc, id));
  const title = doc.title ? `${doc.title} (branch)` : "";
  return { ...structuredClone(doc), id: asId, title, created_at: now, updated_at: now, nodes, leaf: id };
}

/** What the whole tree cost, the branches that are not shown included: they were paid as well. */
export function totalsOf(doc) {
  const totals = { tokens: 0, cost: 0, answers: 0 };
  for (const usage of doc.nodes.map(usageOf)) {
    if (!usage) continue;
    totals.answers += 1;
    totals.tokens += usage.total_tokens ?? (usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0);
    totals.cost += Number(usage.cost ?? 0) || 0;
  }
  return totals;
}

/**
 * A title out of the first exchange: the question, or, where that is too long for one, the heading of the answer.
 * Made here, since asking a model for it would cost money.
 */
export function titleOfExchange(question, answer) {
  const title = titleFrom(question);
  const heading = /^#{1,3} +(.+?) *#*$/m.exec(answer)?.[1].replace(/[*_`]/g, "");
  return title.endsWith("…") && heading ? titleFrom(heading) : title;
}

/** A title out of the first thing that was said. */
export function titleFrom(text, most = 60) {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= most) return line;
  const cut = line.slice(0, most);
  const space = cut.lastIndexOf(" ");
  return `${space > most / 2 ? cut.slice(0, space) : cut}…`;
}
