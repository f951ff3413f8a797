/** Two bodies side by side, what differs marked and named. */

/** @typedef {import("./types.js").Comparison} Comparison */
/** @typedef {import("./dom.js").Child} Child */

import { button, el, fill } from "./dom.js";
import { visible } from "./words.js";

const SHOWN = 100_000; // characters of a piece

/**
 * @param {HTMLElement} place
 * @param {Comparison} found
 * @param {() => void} close
 */
export function showComparison(place, found, close) {
  fill(
    place,
    el("header", {}, button("‹ Back", close, {}), el("h2", {}, `${found.left} and ${found.right}`)),
    el("p", { class: "soft" }, summary(found)),
    el("div", { class: "compare" }, side(found, "left"), side(found, "right")),
  );
  place.querySelector("mark")?.scrollIntoView({ block: "center" });
}

/** @param {Comparison} found */
function summary({ equal, pieces, names }) {
  if (equal) return "Both bodies are the same, byte for byte.";
  const places = pieces.filter(
    (piece, index) => piece.side !== "same" && pieces[index - 1]?.side !== "left",
  ).length;
  const named = Object.values(names);
  const hidden = named.length ? ` Among them what cannot be seen: ${named.join(", ")}.` : "";
  return `They differ in ${places === 1 ? "one place" : `${places} places`}.${hidden}`;
}

/**
 * @param {Comparison} found
 * @param {"left" | "right"} which
 */
function side(found, which) {
  const pieces = found.pieces.filter((piece) => piece.side === "same" || piece.side === which);
  return el(
    "section",
    { "aria-label": found[which] },
    el("h3", {}, found[which]),
    el(
      "pre",
      { tabindex: 0 },
      ...pieces.map(({ side: whose, text }) => {
        const shown = text.slice(0, SHOWN);
        if (whose === "same") return shown;
        return el("mark", { class: which }, ...visible(shown, found.names, { spaces: true }));
      }),
    ),
  );
}
