/** What is asked for before the rest of the page is loaded: the newest records. */

import { read, readAddress } from "./api.js";

export const address = readAddress();

/** @type {Promise<import("./types.js").Records> | null} Null without a token. */
export const newest = address.token ? read("records") : null;

// Whoever awaits it hears of its failure; until then nobody does.
newest?.catch(() => {});
