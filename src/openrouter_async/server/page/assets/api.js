// The router's HTTP. Every failure is an ApiError that says what happened and what to do.
import { held, hold } from "./kept.js";
import { pause, whenOnline } from "./network.js";
import { readEvents } from "./sse.js";

const TOKEN = "token";
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const PAUSES_MS = [200, 1000, 2000]; // before each attempt to read the rest of an answer

const ADVICE = {
  0: "Is the server still running? Start it again, then retry.",
  400: "Change the request: the model or a setting may not allow it.",
  401: "Reload the page and give the token that the server was started with.",
  402: "There is not enough credit. Add some at openrouter.ai/settings/credits, or choose a cheaper model.",
  403: "The request was refused by moderation or by the key's permissions. Rephrase it, or choose another model.",
  404: "Choose another model: this one is not offered at the moment.",
  408: "The model took too long. Retry, or choose a faster one.",
  413: "Remove an attachment, or branch off from an earlier message.",
  422: "Change the settings of the conversation: one of them is not accepted.",
  429: "Too many concurrent requests. Wait a moment, then retry.",
  500: "Retry in a moment.",
  502: "The provider failed. Retry, or choose another model.",
  503: "No provider is available. Retry in a moment, or choose another model.",
  504: "The provider took too long. Retry, or choose another model.",
};

export class ApiError extends Error {
  constructor({ message, code = 0, type = "error", advice = "", partial = null }) {
    super(message);
    this.code = Number(code) || 0;
    this.type = type;
    this.partial = partial; // what is known of an answer that failed half-way
    this.advice = advice || ADVICE[this.code] || (this.code >= 500 ? ADVICE[500] : "Retry, or change the request.");
  }

  /** As it is kept in a conversation. */
  toJSON() {
    return { message: this.message, code: this.code, type: this.type, advice: this.advice };
  }
}

async function errorOf(response) {
  let said = {};
  try {
    said = (await response.json()).error ?? {};
  } catch {
    // An error page of a proxy: its status is all there is to tell.
  }
  return new ApiError({
    ...said,
    message: said.message || `The server answered ${response.status} ${response.statusText}`.trim(),
    code: said.code || response.status,
  });
}

export class Api {
  #base = new URL("api/", document.baseURI);
  #askToken;
  #asking = null;

  /** `askToken(wasWrong)` resolves to the token a person types, or null. */
  constructor(askToken) {
    this.#askToken = askToken;
  }

  async get(path, { signal } = {}) {
    const response = await this.#fetch(path, { signal });
    return response.status === NO_CONTENT ? null : response.json();
  }

  /** What is stored, and its version; null where that is still the version `unless`. */
  async getStored(path, { unless = null } = {}) {
    const response = await this.#fetch(path, { unless });
    if (response.status === NOT_MODIFIED) return null;
    return { value: await jsonOf(response), version: response.headers.get("ETag") };
  }

  /** Store in the place of `version`, else an ApiError of 412; null: of any. Resolves to the version it then has. */
  async put(path, value, { version = null, keepalive = false } = {}) {
    const response = await this.#fetch(path, { method: "PUT", body: JSON.stringify(value), version, keepalive });
    return response.headers.get("ETag");
  }

  async delete(path) {
    await this.#fetch(path, { method: "DELETE" });
  }

  /** The events of one answer: `{name, data}`. It continues for a while where the page is closed: `resumed` reads it again. */
  async *chat(body, id, signal) {
    const path = `chat?id=${encodeURIComponent(id)}`;
    yield* this.#events(await this.#fetch(path, { method: "POST", body: JSON.stringify(body), signal }), id, signal);
  }

  /** The events of an answer that the server is still writing, from the first on; null where it writes none. */
  async resumed(id, signal) {
    const response = await this.#fetch(streamOf(id), { signal });
    return response.status === NO_CONTENT ? null : this.#events(response, id, signal);
  }

  /** End an answer for all windows; one that is over stays as it is. */
  async stop(id) {
    try {
      await this.delete(streamOf(id));
    } catch (error) {
      if (error.code !== 404) throw error;
    }
  }

  /** All events, also over several connections: where one breaks, the next one begins behind the last event. */
  async *#events(response, id, signal) {
    let last = "";
    for (;;) {
      try {
        for await (const { event, data, id: place } of readEvents(response.body)) {
          if (event === "error") throw new ApiError(JSON.parse(data));
          last = place;
          yield { name: event, data: JSON.parse(data) };
          if (event === "finished") return;
        }
      } catch (error) {
        if (error instanceof ApiError || signal?.aborted) throw error;
      }
      response = await this.#rest(id, last, signal);
    }
  }

  /** The rest of an answer whose connection broke, once there is a network. */
  async #rest(id, last, signal) {
    for (const wait of PAUSES_MS) {
      await pause(wait, signal);
      await whenOnline(signal);
      let response;
      try {
        response = await this.#fetch(streamOf(id), { signal, last });
      } catch (error) {
        if (error.type !== "connection_lost") throw error;
        continue;
      }
      if (response.status === NO_CONTENT) throw lost("The answer ended before it was whole.");
      return response;
    }
    throw lost("The connection broke before the answer was whole.");
  }

  async #fetch(path, { method = "GET", body, version, unless, last, signal, keepalive } = {}) {
    for (;;) {
      const token = held(TOKEN);
      const headers = { Accept: "application/json, text/event-stream" };
      if (method !== "GET") headers["Content-Type"] = "application/json";
      if (version) headers["If-Match"] = version;
      if (unless) headers["If-None-Match"] = unless;
      if (last) headers["Last-Event-ID"] = last;
      if (token) headers.Authorization = `Bearer ${token}`;
      let response;
      try {
        response = await fetch(new URL(path, this.#base), {
          method, body, signal, keepalive, headers, credentials: "same-origin", cache: "no-store", redirect: "error",
        });
      } catch (error) {
        if (signal?.aborted) throw error;
        throw lost("The server cannot be reached.");
      }
      if (response.ok || response.status === NOT_MODIFIED) return response;
      // A key that the service refuses is told as 502: 401 is always about the page's own token.
      if (response.status !== 401 || !(await this.#newToken(token))) throw await errorOf(response);
    }
  }

  /** Ask once for all requests that wait; true where there is a token to try that `used` was not. */
  async #newToken(used) {
    const current = held(TOKEN);
    if (current !== used) return current !== null;
    this.#asking ??= this.#askToken(used !== null).finally(() => (this.#asking = null));
    const given = await this.#asking;
    if (!given) return false;
    hold(TOKEN, given);
    return true;
  }
}

async function jsonOf(response) {
  try {
    return await response.json();
  } catch (error) {
    throw new ApiError({ message: `What is stored is not a conversation: it is not JSON (${error.message}).` });
  }
}

function lost(message) {
  return new ApiError({ message, code: 0, type: "connection_lost" });
}

const streamOf = (id) => `chat/${encodeURIComponent(id)}/stream`;
