// Files as content parts. They are read here and sent with the message; the server fetches nothing.
import { fileAsText } from "./store/content.js";

/** Images are made smaller than this, in pixels: models read no more, and conversations stay light. */
const EDGE = 1568;
const TEXT_MOST = 400_000;
const AUDIO = { "audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav" };
const KEPT = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);

/** The part for a file; throws an Error that says why a file cannot be attached. */
export async function partOf(file) {
  if (file.type.startsWith("image/") && file.type !== "image/svg+xml") {
    return { type: "image_url", image_url: { url: await imageUrl(file) } };
  }
  if (file.type === "application/pdf") {
    return { type: "file", file: { filename: file.name, file_data: await dataUrl(file) } };
  }
  if (file.type in AUDIO) {
    const data = (await dataUrl(file)).split(",", 2)[1];
    return { type: "input_audio", input_audio: { data, format: AUDIO[file.type] } };
  }
  const text = await textOfFile(file);
  return { type: "text", text: fileAsText(file.name, text) };
}

async function textOfFile(file) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is no text, image, PDF, MP3 or WAV; attach one of these.`);
  }
  if (text.length > TEXT_MOST) {
    throw new Error(`${file.name} has ${text.length.toLocaleString("en")} characters; at most ${TEXT_MOST.toLocaleString("en")} can be attached.`);
  }
  return text;
}

async function imageUrl(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`${file.name} cannot be read as an image.`);
  }
  const scale = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
  if (scale === 1 && KEPT.has(file.type) && file.size < 500_000) {
    bitmap.close();
    return dataUrl(file);
  }
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/webp"; // webp keeps what is transparent
  return dataUrl(await canvas.convertToBlob({ type, quality: 0.85 }));
}

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error(`${blob.name ?? "the file"} cannot be read.`));
    reader.readAsDataURL(blob);
  });
}

/** What a model must be able to read for a part: "image", "file", "audio", or "text". */
export function modalityOf(part) {
  return { image_url: "image", file: "file", input_audio: "audio" }[part.type] ?? "text";
}
