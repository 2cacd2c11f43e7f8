// Content of messages: text, or parts as OpenRouter takes them. A text file is a text part in <file> marks,
// which models read well and which this page finds again.

const FILE = /^<file name="([^"\n]*)">\n([\s\S]*)\n<\/file>$/;

export function fileAsText(name, text) {
  return `<file name="${name.replace(/["\n]/g, "'")}">\n${text}\n</file>`;
}

/** Content as one text without its attachments. */
export function textOf(content) {
  if (typeof content === "string") return content;
  const texts = (content ?? []).filter((part) => part.type === "text" && !FILE.test(part.text ?? ""));
  return texts.map((part) => part.text).join("\n\n");
}

/** The result of a tool as text; its images and files are named, not written out. */
export function resultText(content) {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content ?? null);
  return [textOf(content), ...attachmentsOf(content).map(({ name }) => `[${name}]`)].filter(Boolean).join("\n");
}

/** What is attached: `{kind: "image" | "audio" | "file", name, url?, part}`. */
export function attachmentsOf(content) {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => {
    const attachment = attachmentOf(part);
    return attachment ? [attachment] : [];
  });
}

function attachmentOf(part) {
  switch (part.type) {
    case "text": {
      const file = FILE.exec(part.text ?? "");
      return file && { kind: "file", name: file[1], part };
    }
    case "image_url":
      return { kind: "image", name: "image", url: part.image_url?.url, part };
    case "input_audio":
      return { kind: "audio", name: `sound.${part.input_audio?.format ?? "wav"}`, part };
    case "file":
      return { kind: "file", name: part.file?.filename ?? "file", part };
    default:
      return null;
  }
}

/** Text and parts of attachments as content; plain text where there is nothing attached. */
export function contentFrom(text, parts) {
  if (!parts.length) return text;
  return text ? [{ type: "text", text }, ...parts] : [...parts];
}
