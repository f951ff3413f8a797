/** One delivery: its verdict, what can be done, request, answer, timeline. */

/** @typedef {import("./types.js").Inspected} Inspected */
/** @typedef {import("./types.js").Header} Header */
/** @typedef {import("./dom.js").Child} Child */

import { bodyView } from "./body.js";
import { button, el, fill } from "./dom.js";
import { duration, latency, moment, size, verdict } from "./words.js";

const CERTAINTIES = {
  proved: "Proved: a signature matches once this is undone",
  observed: "Observed in the request itself",
  likely: "Likely, not proved",
  unknown: "Not known: nothing that was tried explains it",
};

/**
 * @typedef {object} Acts What the reader can do with a record.
 * @property {(record: number, verbatim: boolean) => void} resend
 * @property {(found: Inspected) => void} edit
 * @property {(record: number, form: string) => void} copy
 * @property {(record: number, form: string) => void} download
 * @property {(record: number) => void} compare
 * @property {(record: number) => void} compareSigned
 * @property {(record: number) => void} remove
 * @property {() => void} clear
 * @property {(record: number) => void} choose
 * @property {() => void} close
 */

/**
 * @param {HTMLElement} place
 * @param {Inspected} found
 * @param {Acts} acts
 */
export function showDetail(place, found, acts) {
  fill(
    place,
    head(found, acts),
    verdictCard(found, acts),
    actions(found, acts),
    request(found),
    answer(found),
    timeline(found, acts),
  );
  place.scrollTop = 0;
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
export function showNothing(place, text) {
  fill(place, el("p", { class: "nothing" }, text));
}

/**
 * @param {Inspected} found
 * @param {Acts} acts
 */
function head({ record, ok }, acts) {
  return el(
    "header",
    {},
    button("‹ List", acts.close, { class: "back" }),
    el(
      "h2",
      {},
      record.event ?? `${record.method} ${record.path}`,
      " ",
      el("span", { class: `status ${ok ? "good" : "bad"}` }, verdict(record)),
    ),
    el(
      "p",
      { class: "soft" },
      `Record ${record.record} · ${record.direction} · ${moment(record.at)}`,
    ),
    facts([
      [
        "Endpoint",
        record.endpoint ?? (record.direction === "received" ? "this listener alone" : null),
      ],
      ["refId", record.ref_id],
      ["Message", record.message_id],
      ["Broken on purpose", record.faults.join(", ") || null],
    ]),
  );
}

/**
 * @param {Inspected} found
 * @param {Acts} acts
 */
function verdictCard(found, acts) {
  const { record, verify } = found;
  if (!verify) return kept(found);
  const valid = verify.verdict === "valid";
  const cause = verify.cause;
  return el(
    "section",
    { class: `card ${valid ? "good" : "bad"}`, "aria-label": "Verdict" },
    el("h3", {}, valid ? "✓ The signature is valid" : `✗ ${cause?.code}`),
    cause?.certainty && el("p", { class: "certainty" }, CERTAINTIES[cause.certainty]),
    cause && el("p", {}, sentence(cause.message)),
    cause?.fix && el("p", { class: "fix" }, el("strong", {}, "Fix: "), sentence(cause.fix)),
    found.signed_differs &&
      button("Compare with what was signed", () => acts.compareSigned(record.record)),
    ...onArrival(found),
    facts([
      ["Secret", verify.secret && `${verify.secret.fingerprint} (${verify.secret.origin})`],
      ["Signature", found.signature && place(found.signature)],
      ["Age", verify.age_s === null ? null : `${ageOf(verify.age_s)} when it was recorded`],
    ]),
    verify.findings.length > 0 && el("h4", {}, "Also noticed"),
    verify.findings.length > 0 &&
      el(
        "ul",
        { class: "findings" },
        ...verify.findings.map(({ code, message }) =>
          el("li", {}, el("code", {}, code), " ", sentence(message)),
        ),
      ),
  );
}

/** @param {Inspected} found Of which only the beginning of the body was kept. */
function kept({ record, on_arrival }) {
  return el(
    "section",
    { class: "card bad", "aria-label": "Verdict" },
    el("h3", {}, `✗ ${record.cause ?? record.outcome}`),
    on_arrival?.message && el("p", {}, sentence(on_arrival.message)),
    el("p", { class: "soft" }, whyNoVerdict(record)),
  );
}

/** @param {Inspected["record"]} record */
function whyNoVerdict({ body_truncated }) {
  if (!body_truncated) return "Deliveries are POST requests.";
  return "Only the beginning of the body was kept: it cannot be verified again.";
}

/**
 * What the listener found, where today's verdict is another one.
 *
 * @param {Inspected} found
 * @returns {Child[]}
 */
function onArrival({ on_arrival, verify, record }) {
  const now = verify?.cause?.code ?? null;
  if (record.direction !== "received" || (on_arrival?.code ?? null) === now) return [];
  const then = on_arrival ? on_arrival.code : "valid";
  return [
    el(
      "p",
      { class: "note" },
      `On arrival it was judged ${then}: the listener had another secret, other options or another version.`,
    ),
  ];
}

/**
 * @param {Inspected} found
 * @param {Acts} acts
 */
function actions(found, acts) {
  const { record } = found.record;
  const whole = !found.record.body_truncated;
  return el(
    "div",
    { class: "actions", role: "toolbar", "aria-label": "Actions" },
    whole && button("Resend", () => acts.resend(record, false), { title: "Signed anew (r)" }),
    whole && button("Verbatim", () => acts.resend(record, true), { title: "As it was (v)" }),
    whole && button("Edit and send", () => acts.edit(found), { title: "e" }),
    button("Compare", () => acts.compare(record), { title: "With another record (d)" }),
    whole &&
      menu("Copy", [
        ["curl command", () => acts.copy(record, "curl")],
        ["HTTP message", () => acts.copy(record, "http")],
        ["HAR", () => acts.copy(record, "har")],
        ["vove command", () => acts.copy(record, "vove")],
      ]),
    menu("Download", [
      ...(whole ? [entry("HTTP message (.http)", () => acts.download(record, "http"))] : []),
      ...(whole ? [entry("HAR (.har)", () => acts.download(record, "har"))] : []),
      entry("Body", () => acts.download(record, "body")),
      ...(found.record.answer
        ? [entry("Body of the answer", () => acts.download(record, "answer"))]
        : []),
    ]),
    button("Delete", () => acts.remove(record), { class: "danger" }),
  );
}

/** @typedef {[label: string, act: () => void]} Entry */

/**
 * @param {string} label
 * @param {() => void} act
 * @returns {Entry}
 */
function entry(label, act) {
  return [label, act];
}

/**
 * A button that unfolds others.
 *
 * @param {string} label
 * @param {Entry[]} entries
 */
function menu(label, entries) {
  const box = el("details", { class: "menu" }, el("summary", {}, label));
  const items = entries.map(([text, act]) =>
    button(text, () => {
      box.open = false;
      act();
    }),
  );
  box.append(el("div", { class: "menu-items" }, ...items));
  box.addEventListener("focusout", (event) => {
    const to = /** @type {FocusEvent} */ (event).relatedTarget;
    if (!(to instanceof Node && box.contains(to))) box.open = false;
  });
  return box;
}

/** @param {Inspected} found */
function request({ record, names }) {
  return el(
    "section",
    { class: "part", "aria-label": "Request" },
    el("h3", {}, "Request ", el("small", {}, size(record.body_len))),
    el("p", { class: "line" }, el("code", {}, `${record.method} ${record.path}`)),
    headers(record.headers),
    record.body_truncated && el("p", { class: "note" }, "Only the beginning of the body was kept."),
    bodyView(record, names, "Body"),
  );
}

/** @param {Inspected} found */
function answer({ record, names }) {
  const by = record.endpoint ? "The app's answer" : "The listener's answer";
  const status = record.status ?? (record.outcome === "timeout" ? "none in time" : "none");
  const took = latency(record.latency_ms);
  return el(
    "section",
    { class: "part", "aria-label": "Answer" },
    el(
      "h3",
      {},
      `${by} `,
      el("span", { class: `status ${statusClass(record.status)}` }, String(status)),
      " ",
      el("small", {}, took),
    ),
    record.answer && headers(record.answer.headers),
    record.answer?.body_truncated && el("p", { class: "note" }, "Only its beginning was kept."),
    record.answer && bodyView(record.answer, names, "Body of the answer"),
    !record.answer && el("p", { class: "soft" }, noAnswer(record)),
  );
}

/** @param {Inspected["record"]} record */
function noAnswer({ endpoint, status }) {
  if (!endpoint) return "It was not forwarded to an app.";
  return status === null ? "Nothing came back." : "The app's own answer was not kept.";
}

/**
 * @param {Inspected} found
 * @param {Acts} acts
 */
function timeline({ record, timeline: steps }, acts) {
  if (steps.length < 2) return null;
  return el(
    "section",
    { class: "part", "aria-label": "Timeline" },
    el("h3", {}, "Timeline of the message"),
    el(
      "ol",
      { class: "timeline" },
      ...steps.map((step) =>
        el(
          "li",
          { class: step.record === record.record ? "here" : null },
          el("span", { class: "gap" }, step.gap_s === null ? "first" : `+${duration(step.gap_s)}`),
          button(`#${step.record}`, () => acts.choose(step.record), { class: "link" }),
          ` ${step.direction} · ${step.error ?? step.status ?? step.outcome} ${latency(step.latency_ms)}`,
          step.note && el("span", { class: "soft" }, ` ${step.note}`),
        ),
      ),
    ),
  );
}

/** @param {Header[]} pairs */
function headers(pairs) {
  return el(
    "details",
    { class: "headers", open: true },
    el("summary", {}, `${pairs.length} headers`),
    el("dl", {}, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
  );
}

/** @param {[label: string, value: string | null][]} pairs */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value);
  return el(
    "dl",
    { class: "facts" },
    ...known.flatMap(([label, value]) => [el("dt", {}, label), el("dd", {}, value)]),
  );
}

/** @param {number | null} status */
function statusClass(status) {
  return status !== null && status >= 200 && status < 300 ? "good" : "bad";
}

/** @param {[place: number, of: number]} signature */
function place([place, of]) {
  return of === 1 ? "the only one" : `number ${place} of ${of}`;
}

/** @param {number} seconds Negative: ahead. */
function ageOf(seconds) {
  return seconds < 0 ? `${duration(-seconds)} ahead` : duration(seconds);
}

/** @param {string} text */
function sentence(text) {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
