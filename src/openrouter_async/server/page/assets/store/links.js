// Which addresses are links, which are images, and what a source is. Pure.

const LINK = /^(?:https?:\/\/|mailto:)/i;
const IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[a-z0-9+/=\s]*$/i;

export const isLink = (url) => typeof url === "string" && LINK.test(url.trim());
export const isShownImage = (url) => typeof url === "string" && IMAGE.test(url);

/** The host that a link leads to, in the letters that are sent: `xn--...` stays, since lookalikes would deceive. */
export function hostOf(url) {
  if (!URL.canParse(url)) return "";
  const { protocol, host, pathname } = new URL(url);
  return protocol === "mailto:" ? pathname.slice(pathname.lastIndexOf("@") + 1) : host;
}

/** An address as it is shown: with the host in the letters that are sent. */
export function asciiAddress(url) {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return url;
  const { host } = new URL(url);
  return url.replace(/^(https?:\/\/(?:[^/?#]*@)?)[^/?#]*/i, (_, before) => before + host);
}

const HOST = /(?:https?:\/\/)?((?:[\p{L}\p{N}_-]+\.)+\p{L}[\p{L}\p{N}-]+)/giu;

/** Whether a text names a host that is not the one of the address, or is in letters of which another host consists. */
export function deceives(text, url) {
  const host = bare(hostOf(url));
  if (host.includes("xn--")) return !text.toLowerCase().includes(host);
  return [...text.matchAll(HOST)].some(([, name]) => {
    const named = URL.canParse(`https://${name}`) ? bare(new URL(`https://${name}`).host) : name;
    return isDomain(name) && named !== host && !host.endsWith(`.${named}`);
  });
}

const bare = (host) => host.toLowerCase().replace(/^www\./, "").replace(/:\d+$/, "");

/** Endings of file names that are also those of countries: "main.py" is rather a file. */
const FILES = /\.(?:py|js|ts|rs|sh|md|html?|json|txt|pdf|png|jpe?g|gif|webp|csv|xml|ya?ml|toml|css|java|cpp|zip|gz)$/i;
const isDomain = (name) => !FILES.test(name) && /\.(?:[a-z]{2,24}|xn--[a-z0-9-]+|[^\x00-\x7f]+)$/iu.test(name);

/** The sources of an answer, `{url, title}`, each address once, in the order of their first mention. */
export function sourcesOf(node) {
  const cited = new Map();
  for (const annotation of node.annotations ?? []) {
    const { url, title } = annotation?.url_citation ?? (annotation?.type === "url_citation" ? annotation : {});
    if (isLink(url) && !cited.has(url)) cited.set(url, { url, title: typeof title === "string" ? title : "" });
  }
  return [...cited.values()];
}
