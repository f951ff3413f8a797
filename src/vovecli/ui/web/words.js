/** How moments, lengths of time, outcomes and invisible characters are written. */

/** @typedef {import("./types.js").Line} Line */
/** @typedef {import("./dom.js").Child} Child */

import { el } from "./dom.js";

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "long",
  hourCycle: "h23",
});

/**
 * The time of day, and the day where it is another one.
 *
 * @param {number} at Unix seconds.
 */
export function time(at) {
  const date = new Date(at * 1000);
  const day = date.toDateString() === new Date().toDateString() ? "" : `${DAY.format(date)} `;
  return day + TIME.format(date);
}

/** @param {number} at Unix seconds. */
export function moment(at) {
  return MOMENT.format(new Date(at * 1000));
}

/** @param {number | null} ms */
export function latency(ms) {
  if (ms === null) return "";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KiB`;
}

/**
 * @param {number} count
 * @param {string} what
 * @param {string} [several]
 */
export function counted(count, what, several = `${what}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? what : several}`;
}

/**
 * The verdict in a word or two.
 *
 * @param {Pick<Line, "outcome" | "cause" | "faults">} line
 */
export function verdict(line) {
  if (line.outcome === "invalid") return line.cause ?? "invalid";
  if (line.outcome === "timeout") return "timed out";
  const isForged = line.faults.some((fault) => fault !== "duplicate");
  return isForged ? `forgery ${line.outcome}` : line.outcome;
}

/**
 * What the app answered, in a few characters.
 *
 * @param {Line} line
 */
export function answered(line) {
  if (line.status !== null) return String(line.status);
  return line.direction === "received" ? "…" : "no answer";
}

/**
 * `before → after`, as far as the payload says.
 *
 * @param {Line} line
 */
export function transition(line) {
  const both = [line.previous_status, line.new_status].filter((status) => status !== null);
  return both.join(" → ");
}

/**
 * Text in which what cannot be seen is marked and named.
 *
 * @param {string} text
 * @param {Record<string, string>} names By character.
 * @param {{spaces?: boolean}} [options] Whether spaces are marked, too.
 * @returns {Child[]}
 */
export function visible(text, names, { spaces = false } = {}) {
  /** @type {Child[]} */
  const found = [];
  let plain = "";
  for (const char of text) {
    const mark = markOf(char, names, spaces);
    if (!mark) {
      plain += char;
      continue;
    }
    found.push(plain, mark);
    plain = "";
  }
  return [...found, plain];
}

/** @type {Record<string, string>} */
const MARKS = { "\n": "↵", "\r": "␍", "\t": "⇥", "\0": "␀" };

/**
 * @param {string} char
 * @param {Record<string, string>} names
 * @param {boolean} spaces
 */
function markOf(char, names, spaces) {
  const name = char === " " && spaces ? "SPACE" : names[char];
  if (name === undefined) return null;
  const glyph = char === " " ? "·" : (MARKS[char] ?? name);
  const mark = el("span", { class: "unseen", title: name }, glyph);
  if (char !== "\n") return mark;
  const end = document.createDocumentFragment();
  end.append(mark, "\n");
  return end;
}
