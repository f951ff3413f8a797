/** The pictures: deliveries over time, the app's latency, coverage of the events. */

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Covered} Covered */

import { el, fill, svg } from "./dom.js";
import { counted, latency, time } from "./words.js";

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 56;
const BOTTOM = 24;
const LIMIT_MS = 15_000; // the provider gives an answer no longer
const CLASSES = /** @type {const} */ (["good", "bad", "gone"]);
const MEANINGS = { good: "as expected", bad: "failed", gone: "no answer" };
const STATES = {
  acknowledged: "acknowledged",
  refused: "refused",
  unanswered: "no answer came",
  received: "received by vove listen, not by an app",
  never: "never seen",
};

/**
 * @param {HTMLElement} place
 * @param {Overview} found
 * @param {(event: string) => void} choose Shows the deliveries of an event.
 */
export function showPictures(place, { points, coverage }, choose) {
  fill(
    place,
    el("h2", {}, "Coverage"),
    el("p", { class: "soft" }, covered(coverage)),
    coverageMap(coverage, choose),
    el("h2", {}, "Deliveries over time"),
    points.length ? overTime(points) : nothing(),
    el("h2", {}, "Latency of the answers"),
    points.some((point) => point.latency_ms !== null) ? latencies(points) : nothing(),
  );
}

function nothing() {
  return el("p", { class: "soft" }, "There is nothing to draw yet.");
}

/** @param {Covered[]} coverage */
function covered(coverage) {
  const provided = coverage.filter(
    ({ provenance }) => provenance === "documented" || provenance === "alias",
  );
  const seen = provided.filter(({ state }) => state === "acknowledged" || state === "refused");
  const missing = provided.length - seen.length;
  return missing
    ? `${counted(missing, "event")} of the ${provided.length} that VOVE ID documents ${missing === 1 ? "has" : "have"} not been answered by an app yet.`
    : "An app has answered every event that VOVE ID documents.";
}

/**
 * @param {Covered[]} coverage
 * @param {(event: string) => void} choose
 */
function coverageMap(coverage, choose) {
  const families = [...new Set(coverage.map(({ family }) => family))];
  return el(
    "div",
    { class: "coverage" },
    ...families.map((family) =>
      el(
        "section",
        { "aria-label": family },
        el("h3", {}, family.toUpperCase()),
        el(
          "ul",
          {},
          ...coverage.filter((each) => each.family === family).map((each) => tile(each, choose)),
        ),
      ),
    ),
  );
}

/**
 * @param {Covered} each
 * @param {(event: string) => void} choose
 */
function tile(each, choose) {
  const state = /** @type {keyof typeof STATES} */ (each.state ?? "never");
  const counts = Object.entries(each.counts).map(([name, count]) => `${count} ${name}`);
  const provenance =
    each.provenance === "documented" || each.provenance === "alias" ? "" : each.provenance;
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: `tile ${state}`,
        onclick: () => choose(each.type),
        title: each.meaning,
      },
      el(
        "span",
        { class: "tile-name" },
        each.type
          .split(".")
          .slice(each.type.startsWith("user.") ? 2 : 1)
          .join("."),
      ),
      el("span", { class: "tile-state" }, STATES[state]),
      el("span", { class: "tile-counts" }, [provenance, ...counts].filter(Boolean).join(" · ")),
    ),
  );
}

/** @param {Point[]} points */
function overTime(points) {
  const first = points[0].at;
  const last = Math.max(points[points.length - 1].at, first + 60);
  const buckets = 60;
  const span = (last - first) / buckets;
  const columns = Array.from({ length: buckets }, () => ({ good: 0, bad: 0, gone: 0 }));
  for (const point of points) {
    const place = Math.min(Math.floor((point.at - first) / span), buckets - 1);
    columns[place][classOf(point)] += 1;
  }
  const most = Math.max(...columns.map(({ good, bad, gone }) => good + bad + gone));
  const height = HEIGHT - BOTTOM;
  const width = (WIDTH - LEFT) / buckets;
  const bars = columns.flatMap((column, index) => {
    let top = height;
    return CLASSES.filter((name) => column[name]).map((name) => {
      const size = (column[name] / most) * (height - 8);
      top -= size;
      const at = first + index * span;
      return svg(
        "rect",
        { x: LEFT + index * width + 0.5, y: top, width: width - 1, height: size, class: name },
        svg("title", {}, `${time(at)}: ${column[name]} ${MEANINGS[name]}`),
      );
    });
  });
  const sums = CLASSES.map(
    (name) => `${columns.reduce((sum, column) => sum + column[name], 0)} ${MEANINGS[name]}`,
  );
  return figure(
    `Deliveries from ${time(first)} to ${time(last)}: ${sums.join(", ")}`,
    legend(),
    picture(counted(points.length, "delivery", "deliveries"), [
      ...axis(
        [
          [0, "0"],
          [most, String(most)],
        ],
        (value) => height - (value / most) * (height - 8),
      ),
      ...bars,
      ...ends(first, last),
    ]),
  );
}

/** @param {Point[]} points */
function latencies(points) {
  const answered = points.filter((point) => point.latency_ms !== null);
  const values = answered
    .map((point) => /** @type {number} */ (point.latency_ms))
    .sort((one, other) => one - other);
  const first = answered[0].at;
  const last = Math.max(answered[answered.length - 1].at, first + 60);
  const height = HEIGHT - BOTTOM;
  // A logarithm: 2 ms and 15 s are on the same picture.
  const top = Math.log10(Math.max(LIMIT_MS * 2, values[values.length - 1]));
  const y = (/** @type {number} */ ms) =>
    height - (Math.log10(Math.max(ms, 1)) / top) * (height - 8);
  const x = (/** @type {number} */ at) =>
    LEFT + ((at - first) / (last - first)) * (WIDTH - LEFT - 6);
  const dots = answered.map((point) => {
    const ms = /** @type {number} */ (point.latency_ms);
    const title = svg("title", {}, `#${point.record} ${time(point.at)}: ${latency(ms)}`);
    return svg("circle", { cx: x(point.at), cy: y(ms), r: 2.5, class: classOf(point) }, title);
  });
  const middle = values[Math.floor(values.length / 2)];
  const slow = values[Math.min(Math.floor(values.length * 0.95), values.length - 1)];
  const over = values.filter((ms) => ms > LIMIT_MS).length;
  return figure(
    `Half of the answers took at most ${latency(middle)}, 95 % at most ${latency(slow)}; ${over} more than 15 s, after which VOVE ID gives up`,
    null,
    picture("Latency of each answer", [
      ...axis(
        [
          [1, "1 ms"],
          [10, "10 ms"],
          [100, "100 ms"],
          [1000, "1 s"],
        ],
        y,
      ),
      svg("line", { x1: LEFT, x2: WIDTH, y1: y(LIMIT_MS), y2: y(LIMIT_MS), class: "limit" }),
      svg(
        "text",
        { x: LEFT - 6, y: y(LIMIT_MS) + 4, class: "limit-text", "text-anchor": "end" },
        "15 s",
      ),
      ...dots,
      ...ends(first, last),
    ]),
  );
}

/** @param {Point} point */
function classOf({ outcome, ok }) {
  if (outcome === "timeout" || outcome === "unreachable") return "gone";
  return ok ? "good" : "bad";
}

/**
 * @param {string} caption
 * @param {Node | null} key
 * @param {Node} drawn
 */
function figure(caption, key, drawn) {
  return el("figure", {}, key, drawn, el("figcaption", { class: "soft" }, `${caption}.`));
}

function legend() {
  const items = CLASSES.map((name) => el("span", { class: name }, MEANINGS[name]));
  return el("p", { class: "legend", "aria-hidden": true }, ...items);
}

/**
 * @param {string} label
 * @param {Node[]} parts
 */
function picture(label, parts) {
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ...parts,
  );
}

/**
 * @param {[value: number, label: string][]} marks
 * @param {(value: number) => number} y
 */
function axis(marks, y) {
  return marks.flatMap(([value, label]) => [
    svg("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value), class: "grid" }),
    svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, label),
  ]);
}

/**
 * @param {number} first
 * @param {number} last
 */
function ends(first, last) {
  return [
    svg("text", { x: LEFT, y: HEIGHT - 6 }, time(first)),
    svg("text", { x: WIDTH - 6, y: HEIGHT - 6, "text-anchor": "end" }, time(last)),
  ];
}
