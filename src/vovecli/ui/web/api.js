/** Questions to the server, with the token of this run, and following what is new. */

/** @typedef {import("./types.js").Records} Records */

const STORED = "vove-inspect-token";
const HIDDEN_PAUSE_MS = 1500;

/** What the server answered instead of what was asked for. */
export class Refused extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} hint
   */
  constructor(code, message, hint) {
    super(hint ? `${message}. ${hint}` : message);
    this.code = code;
  }
}

/** The process behind this page does not answer. */
export class Gone extends Error {}

/**
 * Take the token out of the address, where it would be seen and kept.
 *
 * @returns {{token: string, record: number}} `record` is 0 where none was asked for.
 */
export function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const token = asked.get("token");
  if (token) {
    sessionStorage.setItem(STORED, token);
    history.replaceState(null, "", location.pathname);
  }
  return { token: sessionStorage.getItem(STORED) ?? "", record: Number(asked.get("record")) || 0 };
}

/**
 * @param {string} path
 * @param {Record<string, string | number>} [query]
 * @returns {Promise<any>}
 */
export async function read(path, query = {}) {
  const answer = await ask(`${path}?${asQuery(query)}`, {});
  return answer.json();
}

/**
 * @param {string} path
 * @param {Record<string, string | number>} query
 * @returns {Promise<Blob>}
 */
export async function readBytes(path, query) {
  const answer = await ask(`${path}?${asQuery(query)}`, {});
  return answer.blob();
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} wanted
 * @returns {Promise<any>}
 */
export async function change(path, wanted) {
  const headers = { "Content-Type": "application/json" };
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(wanted) });
  return answer.json();
}

/**
 * Ask for what is new, again and again, until the process ends.
 *
 * @param {() => {after: number, count: number, pending: string}} known
 * @param {(found: Records) => void | Promise<void>} take
 * @param {(error: Error) => void} trouble Gets what keeps it from going on, which it does all the same.
 * @returns {Promise<void>} Settled when the process has said that it ends.
 */
export async function follow(known, take, trouble) {
  for (;;) {
    try {
      const found = await read("records", { ...known(), wait: document.hidden ? 0 : 25 });
      await take(found);
      if (found.ended) return;
      // A browser has six connections to a server: pages that nobody sees must not hold them.
      if (document.hidden) await seenOr(HIDDEN_PAUSE_MS);
    } catch (error) {
      trouble(/** @type {Error} */ (error));
      await new Promise((wake) => setTimeout(wake, 2000));
    }
  }
}

/**
 * Wait until the page is seen again, and no longer than that.
 *
 * @param {number} most Milliseconds.
 */
function seenOr(most) {
  return new Promise((wake) => {
    setTimeout(wake, most);
    document.addEventListener("visibilitychange", wake, { once: true });
  });
}

/** @param {Record<string, string | number>} query */
function asQuery(query) {
  const texts = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return new URLSearchParams(Object.fromEntries(texts)).toString();
}

/**
 * @param {string} path
 * @param {RequestInit} wanted
 * @returns {Promise<Response>}
 */
async function ask(path, wanted) {
  const token = sessionStorage.getItem(STORED) ?? "";
  const headers = { ...wanted.headers, Authorization: `Bearer ${token}` };
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { ...wanted, headers, credentials: "omit" });
  } catch {
    throw new Gone("vove inspect does not answer");
  }
  if (answer.ok) return answer;
  const said = await answer
    .json()
    .catch(() => ({ code: "", message: answer.statusText, hint: "" }));
  throw new Refused(said.code, said.message, said.hint);
}
