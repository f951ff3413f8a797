/** The lines that are known, and the rows that a filter and folding make of them. */

/** @typedef {import("./types.js").Line} Line */

/**
 * @typedef {object} Filter
 * @property {string} text
 * @property {string} outcome
 * @property {string} direction
 * @property {string} event
 *
 * @typedef {object} Row
 * @property {Line} line
 * @property {number} folded How many other records of the message are behind this row.
 * @property {boolean} open Whether they are shown below it.
 * @property {boolean} under Whether it is one of those.
 */

export class Store {
  constructor() {
    /** @type {Map<number, Line>} */
    this.lines = new Map();
    /** @type {Set<string>} Messages whose records are shown one by one. */
    this.open = new Set();
    /** @type {number[] | null} Newest first. */
    this.sorted = null;
    /** @type {WeakMap<Line, string>} What a text is looked for in. */
    this.haystacks = new WeakMap();
  }

  get newest() {
    return this.order()[0] ?? 0;
  }

  get oldest() {
    return this.order().at(-1) ?? 0;
  }

  /** The received ones whose app has not answered yet: asked for again, the newest of them. */
  get pending() {
    const found = [];
    for (const number of this.order().slice(0, 1000)) {
      const line = this.lines.get(number);
      if (line && line.direction === "received" && line.status === null) found.push(number);
      if (found.length === 100) break;
    }
    return found.join(",");
  }

  /**
   * Add lines, or replace those that have changed.
   *
   * @param {Line[]} lines
   * @returns {Line[]} Those that are new.
   */
  add(lines) {
    const fresh = lines.filter((line) => !this.lines.has(line.record));
    for (const line of lines) this.lines.set(line.record, line);
    if (fresh.length) this.sorted = null;
    return fresh;
  }

  /**
   * Forget what the history no longer holds.
   *
   * @param {[first: number, last: number][]} ranges
   */
  keepOnly(ranges) {
    let place = 0;
    for (const number of [...this.lines.keys()].sort((one, other) => one - other)) {
      while (place < ranges.length && ranges[place][1] < number) place += 1;
      if (place === ranges.length || number < ranges[place][0]) this.lines.delete(number);
    }
    this.sorted = null;
  }

  /** @returns {number[]} */
  order() {
    this.sorted ??= [...this.lines.keys()].sort((one, other) => other - one);
    return this.sorted;
  }

  /**
   * The rows of the list: records of one message are folded into the newest of them.
   *
   * @param {Filter} filter
   * @returns {Row[]}
   */
  rows(filter) {
    /** @type {Map<string, Line[]>} */
    const messages = new Map();
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const number of this.order()) {
      const line = /** @type {Line} */ (this.lines.get(number));
      if (!this.matches(line, filter, words)) continue;
      const key = line.message_id ?? `#${number}`;
      const found = messages.get(key);
      if (found) found.push(line);
      else messages.set(key, [line]);
    }
    /** @type {Row[]} */
    const rows = [];
    for (const [key, [first, ...others]] of messages) {
      const open = others.length > 0 && this.open.has(key);
      rows.push({ line: first, folded: others.length, open, under: false });
      if (open) rows.push(...others.map((line) => ({ line, folded: 0, open: false, under: true })));
    }
    return rows;
  }

  /**
   * @param {Line} line
   * @param {Filter} filter
   * @param {string[]} words
   */
  matches(line, filter, words) {
    if (filter.direction && line.direction !== filter.direction) return false;
    if (filter.event && line.event !== filter.event) return false;
    if (!this.hasOutcome(line, filter.outcome)) return false;
    if (!words.length) return true;
    const haystack = this.haystack(line);
    return words.every((word) => haystack.includes(word));
  }

  /**
   * @param {Line} line
   * @param {string} outcome
   */
  hasOutcome(line, outcome) {
    if (outcome === "good") return line.ok;
    if (outcome === "bad") return !line.ok;
    return !outcome || line.outcome === outcome;
  }

  /** @param {Line} line */
  haystack(line) {
    let found = this.haystacks.get(line);
    if (found === undefined) {
      const { event, new_status, previous_status, ref_id, message_id, endpoint } = line;
      const { path, outcome, status, cause, faults, record } = line;
      const texts = [event, new_status, previous_status, ref_id, message_id, endpoint, path];
      found = [...texts, outcome, status, cause, ...faults, `#${record}`].join(" ").toLowerCase();
      this.haystacks.set(line, found);
    }
    return found;
  }
}
