// Server-sent events of a fetch response: EventSource can neither POST nor send a header.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

/** Takes text in any pieces; `push` returns the events that became whole, as `{event, data, id}`: `id` is the last one sent. */
export class SseParser {
  #rest = "";
  #event = "";
  #data = [];
  #id = "";
  #started = false;

  push(text) {
    if (!this.#started && text) {
      this.#started = true;
      if (text.startsWith("\ufeff")) text = text.slice(1);
    }
    const events = [];
    const buffer = this.#rest + text;
    let start = 0;
    for (;;) {
      const end = nextLineEnd(buffer, start);
      if (end < 0) break;
      // A CR at the very end may be the first half of CRLF: wait for what follows.
      if (buffer[end] === "\r" && end + 1 === buffer.length) break;
      this.#line(buffer.slice(start, end), events);
      start = end + (buffer[end] === "\r" && buffer[end + 1] === "\n" ? 2 : 1);
    }
    this.#rest = buffer.slice(start);
    return events;
  }

  #line(line, events) {
    if (line === "") {
      if (this.#data.length) events.push({ event: this.#event || "message", data: this.#data.join("\n"), id: this.#id });
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment keeps the connection alive
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
  }
}

function nextLineEnd(text, from) {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || code === 13) return i;
  }
  return -1;
}

/** The events of a response's body, as they come. */
export async function* readEvents(body) {
  const parser = new SseParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield* parser.push(value);
    }
    yield* parser.push("\n"); // ends a last line whose CR was held back
  } finally {
    reader.cancel().catch(() => {}); // already broken off: there is nothing left to cancel
  }
}
