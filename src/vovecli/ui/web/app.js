/** The page: what is shown, and what the reader's keys and buttons do. */

/** @typedef {import("./types.js").About} About */
/** @typedef {import("./types.js").Inspected} Inspected */
/** @typedef {import("./types.js").Line} Line */
/** @typedef {import("./types.js").Records} Records */
/** @typedef {import("./types.js").Sent} Sent */
/** @typedef {import("./store.js").Row} Row */

import { askForEdit, askForEvent, confirm, showHelp } from "./act.js";
import { change, follow, read, readBytes } from "./api.js";
import { showComparison } from "./compare.js";
import { showDetail, showNothing } from "./detail.js";
import { button, byId, el, field, toast } from "./dom.js";
import { address, newest } from "./first.js";
import { listenToKeys } from "./keys.js";
import { List } from "./list.js";
import { alarm, attempt, calm, hint, quiet, trouble } from "./notices.js";
import { showPictures } from "./pictures.js";
import { Store } from "./store.js";
import { counted, verdict } from "./words.js";

const OLDER_AT_ONCE = 2000;

const store = new Store();
const list = new List(byId("rows"), { choose, unfold });
const detail = byId("detail");
/** @type {Promise<About> | null} */
let asked = null;
/** @type {Inspected | null} What the detail shows. */
let shown = null;
let comparing = 0; // the record that another one is chosen for
let paused = false;
/** @type {Line[]} What came while the page was paused. */
let held = [];
let unread = 0;
let count = 0;
let drawing = false;
let drawn = { at: 0, cost: 0 }; // when the rows were, and how long it took

/** @returns {Promise<About>} What does not change while the page is open. */
function about() {
  asked ??= read("about");
  return asked;
}

/** Show the rows that fit the filter, soon; of much that comes at once, not each by itself. */
function draw() {
  if (drawing) return;
  drawing = true;
  const rest = drawn.at + 2 * drawn.cost - performance.now();
  setTimeout(() => requestAnimationFrame(drawNow), Math.max(rest, 0));
}

function drawNow() {
  drawing = false;
  const begun = performance.now();
  const filter = {
    text: field("filter-text").value,
    outcome: field("filter-outcome").value,
    direction: field("filter-direction").value,
    event: field("filter-event").value,
  };
  const rows = store.rows(filter);
  list.show(rows);
  const isFiltered = Object.values(filter).some((each) => each !== "");
  byId("summary").textContent = summary(rows, isFiltered);
  drawn = { at: performance.now(), cost: performance.now() - begun };
}

/**
 * @param {Row[]} rows
 * @param {boolean} isFiltered
 */
function summary(rows, isFiltered) {
  if (!store.lines.size) return "No deliveries yet: vove listen and vove send add them.";
  if (isFiltered && !rows.length) return "No delivery matches the filter.";
  const messages = counted(rows.filter((row) => !row.under).length, "message");
  const of = store.lines.size < count ? ` of ${count.toLocaleString("en")}` : "";
  return `${messages}${isFiltered ? " match" : ""} · ${counted(store.lines.size, "record")}${of}`;
}

/** @param {Line[]} lines */
function add(lines) {
  const fresh = store.add(lines);
  for (const line of fresh) list.fresh.add(line.record);
  offerEvents(fresh);
  draw();
  return fresh;
}

/** @param {Line[]} lines */
function offerEvents(lines) {
  const select = field("filter-event");
  const known = new Set([...select.querySelectorAll("option")].map((option) => option.value));
  for (const event of new Set(lines.map((line) => line.event))) {
    if (event && !known.has(event)) select.append(el("option", { value: event }, event));
  }
}

/** @param {Records} found */
async function takeNews(found) {
  calm();
  count = found.count;
  if (paused) {
    store.add(found.lines.filter((line) => store.lines.has(line.record)));
    held.push(...found.lines.filter((line) => !store.lines.has(line.record)));
    byId("pause").textContent = held.length ? `Go on (${held.length})` : "Go on";
  } else {
    const fresh = add(found.lines);
    const chosen = found.lines.find((line) => line.record === shown?.record.record);
    if (chosen) void choose(chosen.record);
    if (document.hidden) countUnread(fresh.length);
  }
  if (store.lines.size + held.length > found.count) await forgetRemoved();
  if (!byId("pictures").hidden) await drawPictures();
  if (found.ended)
    alarm("vove inspect has ended: what you see is all that it had. Start it again in a terminal.");
}

/** Forget what was removed from the history meanwhile, here or in another terminal. */
async function forgetRemoved() {
  const { ranges } = await read("numbers");
  store.keepOnly(ranges);
  // Of a history that was cleared the numbers begin again: what is newest may be another record.
  store.add((await read("records")).lines);
  held = held.filter(({ record }) => isWithin(record, ranges));
  const gone = shown?.record.record;
  if (gone && !store.lines.has(gone)) {
    sayRemoved(gone);
  }
  draw();
}

/** @param {number} record */
function sayRemoved(record) {
  shown = null;
  showNothing(detail, `Record ${record} was removed from the history meanwhile.`);
}

/**
 * @param {number} number
 * @param {[number, number][]} ranges
 */
function isWithin(number, ranges) {
  return ranges.some(([first, last]) => first <= number && number <= last);
}

/** Load what is older, the newest of it first. */
async function loadOlder() {
  while (store.oldest > 1 && store.lines.size < count) {
    const found = await read("records", { before: store.oldest, limit: OLDER_AT_ONCE });
    if (!found.lines.length) return;
    store.add(found.lines);
    offerEvents(found.lines);
    draw();
  }
}

/** @param {number} by */
function countUnread(by) {
  unread += by;
  document.title = unread ? `(${unread}) vove inspect` : "vove inspect";
}

/** @param {number} record */
async function choose(record) {
  list.choose(record);
  if (comparing && comparing !== record) {
    await compare(comparing, record);
    return;
  }
  await attempt(
    async () => {
      const found = /** @type {Inspected} */ (await read("record", { record }));
      if (list.chosen !== record) return;
      const isOther = shown?.record.record !== record;
      shown = found;
      const top = detail.scrollTop;
      showDetail(detail, found, acts);
      if (!isOther) detail.scrollTop = top;
      document.body.classList.add("reading");
    },
    () => sayRemoved(record),
  );
}

/** @param {Row} row */
function unfold({ line }) {
  const key = line.message_id ?? "";
  if (!store.open.delete(key)) store.open.add(key);
  draw();
}

/**
 * @param {number} left
 * @param {number | "signed"} right
 */
async function compare(left, right) {
  stopComparing();
  await attempt(async () => {
    const found = await read("comparison", { left, right });
    showComparison(detail, found, () => void choose(left));
    document.body.classList.add("reading");
  });
}

/** @param {number} record */
function startComparing(record) {
  comparing = record;
  document.body.classList.remove("reading");
  hint(`Choose the delivery to compare record ${record} with `, button("Cancel", stopComparing));
  byId("rows").focus();
}

function stopComparing() {
  comparing = 0;
  quiet();
}

/** @type {import("./detail.js").Acts} */
const acts = {
  resend: (record, verbatim) =>
    void attempt(async () => said(await change("replay", { record, verbatim }))),
  edit: (found) =>
    void attempt(async () =>
      askForEdit(await about(), found, async (wanted) => said(await change("replay", wanted))),
    ),
  copy: (record, form) =>
    void attempt(async () => {
      const bytes = await readBytes("copy", { record, form });
      await navigator.clipboard.writeText(await bytes.text());
      toast(`Copied record ${record} as ${form}`);
    }),
  download: (record, form) =>
    void attempt(async () => {
      const url = URL.createObjectURL(await readBytes("copy", { record, form }));
      el("a", {
        href: url,
        download: `record-${record}.${form === "http" || form === "har" ? form : "bin"}`,
      }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    }),
  compare: startComparing,
  compareSigned: (record) => void compare(record, "signed"),
  clear: () =>
    confirm("Delete all records of the history?", "Delete all", async () => {
      const { removed } = await change("clear", {});
      toast(`${counted(removed, "record")} removed`);
    }),
  remove: (record) =>
    confirm(`Delete record ${record}?`, "Delete", async () => {
      await change("delete", { record });
      toast(`Record ${record} is removed`);
    }),
  choose: (record) => void choose(record),
  close: closeDetail,
};

/** @param {Sent} sent */
function said({ deliveries, hints, unrecorded }) {
  const texts = deliveries.map((delivery) => {
    const last = delivery.attempts[delivery.attempts.length - 1];
    return `${delivery.event ?? "It"}: ${verdict({ ...delivery, cause: null, faults: [] })} ${last.status ?? last.error ?? ""}`;
  });
  const hint = hints.find(Boolean);
  const all = [...texts, hint, unrecorded && `Not recorded: ${unrecorded}`];
  toast(all.filter(Boolean).join(" · "));
}

function closeDetail() {
  stopComparing();
  document.body.classList.remove("reading");
  byId("rows").focus();
}

function togglePause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("pause").textContent = paused ? "Go on" : "Pause";
  if (paused) return;
  add(held);
  held = [];
}

/** @param {boolean} pictures */
function view(pictures) {
  byId("pictures").hidden = !pictures;
  byId("list").hidden = pictures;
  byId("filters").hidden = pictures;
  detail.hidden = pictures;
  byId("view-pictures").setAttribute("aria-pressed", String(pictures));
  byId("view-list").setAttribute("aria-pressed", String(!pictures));
  if (pictures) void drawPictures();
}

function drawPictures() {
  return attempt(async () =>
    showPictures(byId("pictures"), await read("overview"), (event) => {
      offerEvents([/** @type {Line} */ ({ event })]);
      field("filter-event").value = event;
      view(false);
      draw();
    }),
  );
}

function compose() {
  void attempt(async () =>
    askForEvent(await about(), async (wanted) => said(await change("send", wanted))),
  );
}

/** @param {(record: number) => void} act */
function withChosen(act) {
  if (shown) act(shown.record.record);
}

function listen() {
  for (const id of ["filter-text", "filter-outcome", "filter-direction", "filter-event"]) {
    byId(id).addEventListener("input", draw);
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("pause").addEventListener("click", togglePause);
  byId("compose").addEventListener("click", compose);
  byId("clear").addEventListener("click", acts.clear);
  byId("help").addEventListener("click", showHelp);
  byId("view-list").addEventListener("click", () => view(false));
  byId("view-pictures").addEventListener("click", () => view(true));
  document.addEventListener("visibilitychange", () => countUnread(document.hidden ? 0 : -unread));
  listenToKeys({
    j: () => list.move(1),
    k: () => list.move(-1),
    ArrowDown: () => list.move(1),
    ArrowUp: () => list.move(-1),
    Enter: () => detail.focus(),
    Escape: closeDetail,
    "/": () => field("filter-text").focus(),
    f: () => list.rows[list.place] && unfold(list.rows[list.place]),
    p: togglePause,
    r: () => withChosen((record) => acts.resend(record, false)),
    v: () => withChosen((record) => acts.resend(record, true)),
    e: () => shown && acts.edit(shown),
    s: compose,
    d: () => withChosen(startComparing),
    c: () => withChosen((record) => acts.copy(record, "curl")),
    g: () => view(byId("pictures").hidden === true),
    "?": showHelp,
  });
}

async function start() {
  listen();
  if (!newest) {
    alarm("This address lacks the token of a run: open the one that vove inspect prints.");
    return;
  }
  void attempt(async () => {
    if ((await about()).redacted) document.body.classList.add("redacted");
  });
  try {
    const found = await newest;
    count = found.count;
    store.add(found.lines);
    offerEvents(found.lines);
    draw();
  } catch (error) {
    trouble(/** @type {Error} */ (error));
  }
  showNothing(detail, "Choose a delivery: j and k move, ? lists the keys.");
  if (address.record) void choose(address.record);
  void attempt(loadOlder);
  await follow(
    () => ({
      after: Math.max(store.newest, ...held.map((line) => line.record)),
      count,
      pending: store.pending,
    }),
    takeNews,
    trouble,
  );
}

void start();
