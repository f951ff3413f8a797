/** The list: only the rows that can be seen are in the document. */

/** @typedef {import("./store.js").Row} Row */

import { el } from "./dom.js";
import { answered, latency, time, transition, verdict } from "./words.js";

const AROUND = 3; // rows above and below those that are seen

export class List {
  /**
   * @param {HTMLElement} box It scrolls.
   * @param {{choose: (record: number) => void, unfold: (row: Row) => void}} acts
   */
  constructor(box, acts) {
    this.box = box;
    this.acts = acts;
    /** @type {Row[]} */
    this.rows = [];
    this.chosen = 0;
    this.fresh = new Set();
    this.sheet = el("div", { class: "sheet", role: "presentation" });
    this.box.append(this.sheet);
    /** @type {Map<number, {row: Row, element: HTMLElement}>} By record; those in the document. */
    this.drawn = new Map();
    this.waiting = false;
    this.rowHeight = 52;
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("click", (event) => this.clicked(/** @type {MouseEvent} */ (event)));
  }

  /**
   * Show other rows; what the reader looks at stays where it is.
   *
   * @param {Row[]} rows
   */
  show(rows) {
    const top = this.box.scrollTop;
    const anchor = top > 0 ? this.rows[Math.floor(top / this.rowHeight)] : undefined;
    this.rows = rows;
    this.sheet.style.height = `${rows.length * this.rowHeight}px`;
    if (anchor) {
      const place = rows.findIndex((row) => row.line.record === anchor.line.record);
      if (place >= 0) this.box.scrollTop = place * this.rowHeight + (top % this.rowHeight);
    }
    this.draw();
  }

  /** @param {number} record */
  choose(record) {
    this.chosen = record;
    for (const [number, { element }] of this.drawn) {
      element.setAttribute("aria-selected", String(number === record));
    }
    this.draw();
  }

  /** The place of the chosen row; -1 where it is not among the rows. */
  get place() {
    return this.rows.findIndex((row) => row.line.record === this.chosen);
  }

  /**
   * Choose the row that is so many further down, and bring it into view.
   *
   * @param {number} by
   */
  move(by) {
    if (!this.rows.length) return;
    const place = this.place < 0 ? 0 : this.place + by;
    const within = Math.min(Math.max(place, 0), this.rows.length - 1);
    this.reveal(within);
    this.acts.choose(this.rows[within].line.record);
  }

  /** @param {number} place */
  reveal(place) {
    const top = place * this.rowHeight;
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) {
      this.box.scrollTop = top + this.rowHeight - clientHeight;
    }
  }

  /** Draw at the next frame, once. */
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.drawNow();
    });
  }

  drawNow() {
    const first = Math.max(Math.floor(this.box.scrollTop / this.rowHeight) - AROUND, 0);
    const count = Math.ceil(this.box.clientHeight / this.rowHeight) + 2 * AROUND;
    const seen = this.rows.slice(first, first + count);
    /** @type {typeof this.drawn} */
    const drawn = new Map();
    const added = [];
    for (const [index, row] of seen.entries()) {
      const known = this.drawn.get(row.line.record);
      const isKnown = known?.row === row;
      const element = isKnown ? known.element : this.rowElement(row);
      element.style.transform = `translateY(${(first + index) * this.rowHeight}px)`;
      element.setAttribute("aria-posinset", String(first + index + 1));
      element.setAttribute("aria-setsize", String(this.rows.length));
      drawn.set(row.line.record, { row, element });
      if (!isKnown) added.push(element);
    }
    for (const [record, { element }] of this.drawn) {
      if (drawn.get(record)?.element !== element) element.remove();
    }
    this.sheet.append(...added);
    this.drawn = drawn;
    const chosen = drawn.get(this.chosen);
    if (chosen) this.box.setAttribute("aria-activedescendant", chosen.element.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** @param {Row} row */
  rowElement(row) {
    const { line } = row;
    const good = line.ok
      ? "good"
      : line.status === null && line.outcome === "valid"
        ? "wait"
        : "bad";
    const isChosen = line.record === this.chosen;
    const what = line.event ?? line.new_status ?? `${line.method} ${line.path}`;
    return el(
      "div",
      {
        id: `row-${line.record}`,
        class: `row ${good}${row.under ? " under" : ""}${this.fresh.delete(line.record) ? " fresh" : ""}`,
        role: "option",
        "aria-selected": isChosen,
        "data-record": line.record,
      },
      el("span", { class: "mark", "aria-hidden": true }, { good: "✓", wait: "…", bad: "✗" }[good]),
      el("span", { class: "what" }, what),
      el("span", { class: "change" }, transition(line)),
      el("span", { class: `answer${line.status === null ? " none" : ""}` }, answered(line)),
      el("span", { class: "number" }, `#${line.record}`),
      el(
        "span",
        { class: "facts" },
        el("span", { class: "when" }, time(line.at)),
        el("span", { class: "way" }, line.direction === "sent" ? "↑ sent" : "↓ received"),
        el("span", { class: "verdict" }, verdict(line)),
        el("span", { class: "ref", title: line.ref_id ?? "" }, line.ref_id ?? ""),
      ),
      el("span", { class: "took" }, latency(line.latency_ms)),
      row.folded > 0 && this.foldButton(row),
    );
  }

  /** @param {Row} row */
  foldButton(row) {
    const label = `${row.open ? "Hide" : "Show"} all ${row.folded + 1} records of this message`;
    return el(
      "button",
      { type: "button", class: "fold", tabindex: -1, title: label, "aria-label": label },
      `${row.open ? "▾" : "▸"} ${row.folded + 1}`,
    );
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const element = target.closest(".row");
    const record = Number(element?.getAttribute("data-record"));
    const row = this.rows.find(({ line }) => line.record === record);
    if (!row) return;
    if (target.closest(".fold")) this.acts.unfold(row);
    else this.acts.choose(record);
  }
}
