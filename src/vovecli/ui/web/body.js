/** A body in three ways: laid out, as it is, and byte by byte. */

/** @typedef {import("./dom.js").Child} Child */
/** @typedef {{body?: string, body_base64?: string}} Holder */

import { button, el, fill } from "./dom.js";
import { size, visible } from "./words.js";

const SHOWN = 20_000; // characters, or bytes, before the reader asks for all
const WAYS = /** @type {const} */ (["Pretty", "Raw", "Bytes"]);

/**
 * @param {Holder} holder
 * @param {Record<string, string>} names Of characters that cannot be seen.
 * @param {string} label
 * @returns {HTMLElement}
 */
export function bodyView(holder, names, label) {
  const text = bodyText(holder);
  const pretty = prettyText(text);
  const place = el("div", { class: "body-text" });
  const box = el("div", { class: "body" });
  /** @param {typeof WAYS[number]} way */
  const choose = (way) => {
    for (const tab of tabs.children)
      tab.setAttribute("aria-pressed", String(tab.textContent === way));
    if (way === "Bytes") fill(place, ...limited(dump(bytesOf(holder)), (shown) => [shown]));
    else if (way === "Pretty" && pretty !== null) {
      fill(place, ...limited(pretty, coloured));
    } else fill(place, ...limited(text, (shown) => visible(shown, names)));
  };
  const ways = pretty === null ? WAYS.slice(1) : WAYS;
  const tabs = el(
    "div",
    { class: "tabs", role: "group", "aria-label": `${label}: how it is shown` },
    ...ways.map((way) => button(way, () => choose(way))),
  );
  fill(box, tabs, place);
  choose(ways[0]);
  return box;
}

/**
 * The text of a body; of one that is not UTF-8 each byte as a character.
 *
 * @param {Holder} holder
 */
export function bodyText(holder) {
  return holder.body ?? atob(holder.body_base64 ?? "");
}

/**
 * @param {Holder} holder
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(holder) {
  if (holder.body !== undefined) return new TextEncoder().encode(holder.body);
  return Uint8Array.from(atob(holder.body_base64 ?? ""), (char) => char.charCodeAt(0));
}

/**
 * JSON laid out, its tokens as they are written; null where there is none.
 *
 * @param {string} text
 */
function prettyText(text) {
  if (!isJson(text)) return null;
  let depth = 0;
  let written = "";
  let last = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    const closes = "}]".includes(token);
    if (closes) depth -= 1;
    if (startsLine(last, closes)) written += `\n${"  ".repeat(depth)}`;
    written += token === ":" ? ": " : token;
    if ("{[".includes(token)) depth += 1;
    last = token;
  }
  return written;
}

/**
 * Whether a token of JSON is the first of its line.
 *
 * @param {string} last The token before it.
 * @param {boolean} closes Whether it ends an object or a list; an empty one stays on its line.
 */
function startsLine(last, closes) {
  const isFirst = last === "{" || last === "[";
  return closes ? !isFirst : isFirst || last === ",";
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The text with its keys and values in classes of their own.
 *
 * @param {string} text
 * @returns {Child[]}
 */
function coloured(text) {
  /** @type {Child[]} */
  const found = [];
  let end = 0;
  for (const match of text.matchAll(
    /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/gs,
  )) {
    const [whole, quoted, colon] = match;
    found.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (quoted) {
      found.push(el("span", { class: colon ? "json-name" : "json-text" }, quoted), colon);
    } else found.push(el("span", { class: "json-word" }, whole));
  }
  return [...found, text.slice(end)];
}

/**
 * Offsets, bytes and what is printable of them, sixteen a line.
 *
 * @param {Uint8Array} bytes
 */
function dump(bytes) {
  const lines = [];
  for (let start = 0; start < bytes.length; start += 16) {
    const row = [...bytes.subarray(start, start + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" ").padEnd(24);
    const right = hex.slice(8).join(" ").padEnd(24);
    const text = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "."));
    lines.push(`${start.toString(16).padStart(6, "0")}  ${left}${right} ${text.join("")}`);
  }
  return lines.join("\n");
}

/**
 * The beginning of a long text and a way to all of it.
 *
 * @param {string} text
 * @param {(text: string) => Child[]} draw
 * @returns {HTMLElement[]}
 */
function limited(text, draw) {
  if (!text) return [el("p", { class: "soft" }, "It is empty.")];
  const code = el("pre", { tabindex: 0 }, ...draw(text.slice(0, SHOWN)));
  if (text.length <= SHOWN) return [code];
  const more = button(`Show all ${size(text.length)}`, () => {
    fill(code, text);
    more.remove();
  });
  return [code, more];
}
