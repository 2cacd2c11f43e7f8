// A conversation as a file: Markdown of the branch that is shown, or JSON of all branches.
import { attachmentsOf, resultText, textOf } from "./content.js";
import { harmless } from "./harmless.js";
import { sourcesOf } from "./links.js";
import { segmentsOf } from "./reply.js";
import { pathTo } from "./tree.js";

export function asJson(doc) {
  return `${JSON.stringify(doc, null, 2)}\n`;
}

export function asMarkdown(doc) {
  const blocks = [`# ${named(doc.title || "Conversation")}`];
  if (doc.settings.system?.trim()) blocks.push("## System", doc.settings.system.trim());
  for (const node of pathTo(doc)) {
    blocks.push(...(node.role === "assistant" ? answerBlocks(node) : saidBlocks(node)));
  }
  return `${blocks.join("\n\n")}\n`;
}

function saidBlocks(node) {
  const attached = attachmentsOf(node.content).map((attachment) => `- attached: ${named(attachment.name)}`);
  return [node.role === "system" ? "## System" : "## You", textOf(node.content), attached.join("\n")].filter(Boolean);
}

function answerBlocks(node) {
  const blocks = [`## ${named(node.model || "Assistant")}`];
  if (node.reasoning) blocks.push(quoted(`Reasoning:\n\n${harmless(node.reasoning.trim())}`));
  for (const segment of segmentsOf(node)) {
    if (segment.kind === "text") {
      blocks.push(harmless(segment.text.trim()));
    } else {
      blocks.push(`**Tool** ${code(segment.call.name)}`, fenced(segment.call.arguments, "json"));
      if (segment.result) blocks.push(fenced(resultText(segment.result.content), ""));
    }
  }
  const sources = sourcesOf(node);
  if (sources.length) blocks.push(sources.map(({ title, url }, i) => `${i + 1}. ${linked(title || url, url)}`).join("\n"));
  if (node.error) blocks.push(quoted(`Failed: ${harmless(String(node.error.message))}`));
  return blocks;
}

/** A link in Markdown, whatever the text and the address contain. */
function linked(text, url) {
  const target = /[()<>\s]/.test(url) ? `<${url.replace(/[<>\s]/g, encodeURIComponent)}>` : url;
  return `[${oneLine(text).replace(/[\\[\]`<]/g, "\\$&")}](${target})`;
}

const oneLine = (text) => String(text).replace(/\s+/g, " ").trim();

/** A name that others gave: Markdown as a model's, and one line. */
const named = (text) => harmless(oneLine(text));

const quoted = (text) => text.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");

/** Back ticks, more than stand in a row inside. */
function ticks(text, least) {
  return "`".repeat(Math.max(least - 1, ...(text.match(/`+/g) ?? []).map((run) => run.length)) + 1);
}

function fenced(text, language) {
  const fence = ticks(text, 3);
  return `${fence}${language}\n${text}\n${fence}`;
}

function code(text) {
  const line = oneLine(text);
  const marks = ticks(line, 1);
  return line.includes("`") ? `${marks} ${line} ${marks}` : `${marks}${line}${marks}`;
}

/** A name for the file, of the title's letters and digits. */
export function fileName(doc, ending) {
  const words = (doc.title || "conversation").normalize("NFKD").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["conversation"];
  return `${words.join("-").slice(0, 60)}.${ending}`;
}
