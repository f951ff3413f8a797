/** What the page says of itself: trouble, the end of the process, a question that waits. */

import { Gone, Refused } from "./api.js";
import { byId, fill, toast } from "./dom.js";

/** @typedef {import("./dom.js").Child} Child */

const GONE =
  "vove inspect does not answer: it has ended. Start it again in a terminal, and open the new address.";

/** @param {string} text */
export function alarm(text) {
  byId("banner").textContent = text;
  byId("banner").className = "";
  byId("banner").hidden = false;
}

/** @param {...Child} parts */
export function hint(...parts) {
  fill(byId("banner"), ...parts);
  byId("banner").className = "hint";
  byId("banner").hidden = false;
}

/** Take back what was said of trouble, once there is none. */
export function calm() {
  if (!byId("banner").classList.contains("hint")) quiet();
}

/** Take back whatever is said. */
export function quiet() {
  byId("banner").hidden = true;
  byId("banner").className = "";
}

/** @param {Error} error */
export function trouble(error) {
  alarm(error instanceof Gone ? GONE : error.message);
}

/**
 * Do something; what keeps it from being done is said.
 *
 * @param {() => Promise<void>} act
 * @param {() => void} [gone] What to do where the record it is about was removed.
 */
export async function attempt(act, gone) {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refused && error.code === "no-record" && gone) gone();
    else if (error instanceof Gone) trouble(error);
    else toast(/** @type {Error} */ (error).message);
  }
}
