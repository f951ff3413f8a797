/** The dialogs: send an event or a flow, edit a delivery and send it, ask before removing. */

/** @typedef {import("./types.js").About} About */
/** @typedef {import("./types.js").Inspected} Inspected */
/** @typedef {import("./types.js").Header} Header */
/** @typedef {import("./dom.js").Child} Child */

import { bodyText } from "./body.js";
import { byId, el, fill } from "./dom.js";

// Made anew for each delivery, or the connection's own: not for editing.
const NOT_EDITED =
  /^(?:(?:svix|webhook)-(?:id|timestamp|signature)|host|content-length|connection|keep-alive|transfer-encoding)$/i;

/**
 * Ask what to send: an event or a flow of the catalogue.
 *
 * @param {About} about
 * @param {(wanted: Record<string, unknown>) => Promise<void>} send
 */
export function askForEvent(about, send) {
  const flows = about.flows.map(({ name }) => el("option", { value: `flow ${name}` }, name));
  const what = el(
    "select",
    { name: "what", id: "send-what" },
    ...grouped(about),
    el("optgroup", { label: "flows" }, ...flows),
  );
  const to = input("to", "");
  const meaning = el("p", { class: "soft", "aria-live": "polite" });
  const explain = () => {
    fill(meaning, explained(about, what.value));
    to.placeholder = about.endpoints[familyOf(about, what.value)] ?? "";
  };
  what.addEventListener("change", explain);
  const fields = [
    labelled("Event or flow", what),
    meaning,
    labelled("To", to),
    labelled("refId", input("ref_id", "a fresh one")),
    labelled("Change fields", textarea("set", "", 2, "status=COMPLETED, one per line")),
    labelled("Add fields", textarea("set_new", "", 1, "note=hello")),
    labelled("Leave fields out", textarea("unset", "", 1, "userId")),
    labelled("Break it", faultChoice(about)),
  ];
  ask("Send an event", "Send", signedBy(about), fields, (data) => send(eventOf(data)));
  explain();
}

/** @param {About} about */
function faultChoice(about) {
  const faults = about.faults.map(({ name, sent }) =>
    el("option", { value: name, title: sent }, name),
  );
  return el(
    "select",
    { name: "faults" },
    el("option", { value: "" }, "no: it is genuine"),
    ...faults,
  );
}

/** @param {FormData} data */
function eventOf(data) {
  const [kind, name] = splitWhat(text(data, "what"));
  return {
    [kind]: name,
    to: text(data, "to"),
    ref_id: text(data, "ref_id"),
    set: listed(data, "set"),
    set_new: listed(data, "set_new"),
    unset: listed(data, "unset"),
    faults: [text(data, "faults")].filter(Boolean),
  };
}

/**
 * Ask for another body or other headers, and send that.
 *
 * @param {About} about
 * @param {Inspected} found
 * @param {(wanted: Record<string, unknown>) => Promise<void>} send
 */
export function askForEdit(about, found, send) {
  const { record } = found;
  const isText = record.body !== undefined;
  const before = bodyText(record);
  const headersBefore = record.headers
    .filter(([name]) => !NOT_EDITED.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  const target = record.endpoint ?? Object.values(about.endpoints)[0] ?? "";
  ask(
    `Edit record ${record.record}`,
    "Sign and send",
    [
      signedBy(about),
      isText ? null : " Its body is not text and stays as it is.",
      " With another body it is another message, so its id is fresh.",
      about.redacted ? " What is shown are pseudonyms: edit the body, and they are sent." : null,
    ],
    [
      labelled(
        "To",
        el("input", {
          name: "to",
          value: record.endpoint ?? "",
          placeholder: target,
          spellcheck: "false",
        }),
      ),
      isText && labelled("Body", textarea("body", before, 10)),
      labelled("Headers", textarea("headers", headersBefore.join("\n"), 5)),
    ],
    async (data) => {
      // A form writes line ends as CR LF; where the body had none of those, they are taken back.
      const edited = before.includes("\r\n")
        ? text(data, "body")
        : text(data, "body").replaceAll("\r\n", "\n");
      // Pseudonyms that nobody touched are not sent.
      const isMeant = (/** @type {string} */ line) =>
        !about.redacted || !headersBefore.includes(line);
      const headers = listed(data, "headers").filter(isMeant);
      /** @type {Record<string, unknown>} */
      const wanted = {
        record: record.record,
        to: text(data, "to"),
        headers: headers.map(asHeader),
      };
      if (isText && edited !== before) wanted.body = edited;
      await send(wanted);
    },
  );
}

/**
 * Ask whether something is meant.
 *
 * @param {string} question
 * @param {string} yes
 * @param {() => Promise<void>} act
 */
export function confirm(question, yes, act) {
  ask(question, yes, "This cannot be undone.", [], act);
}

/** Show the keys. */
export function showHelp() {
  const keys = [
    ["j k ↓ ↑", "next and previous delivery"],
    ["Enter", "read it"],
    ["Esc", "back to the list"],
    ["f", "show or hide the records of one message"],
    ["/", "filter"],
    ["p", "pause"],
    ["r v", "resend: signed anew, verbatim"],
    ["e", "edit and send"],
    ["s", "send an event or a flow"],
    ["d", "compare with another delivery"],
    ["c", "copy as curl command"],
    ["g", "pictures and back"],
    ["?", "this help"],
  ];
  const rows = keys.flatMap(([key, meaning]) => [
    el("dt", {}, ...key.split(" ").map((each) => el("kbd", {}, each))),
    el("dd", {}, meaning),
  ]);
  ask("Keyboard", "Close", null, [el("dl", { class: "keys" }, ...rows)], async () => {});
}

/**
 * @param {string} title
 * @param {string} yes
 * @param {Child | Child[]} note
 * @param {Child[]} fields
 * @param {(data: FormData) => Promise<void>} act
 */
function ask(title, yes, note, fields, act) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  const problem = el("p", { class: "problem", role: "alert" });
  const send = el("button", { type: "submit", class: "accent" }, yes);
  const form = el(
    "form",
    { method: "dialog" },
    el("h2", { id: "dialog-title" }, title),
    note && el("p", { class: "note" }, ...[note].flat()),
    ...fields,
    problem,
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      send,
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    problem.textContent = "";
    try {
      await act(new FormData(form));
      dialog.close();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    } finally {
      send.disabled = false;
    }
  });
  fill(dialog, form);
  dialog.showModal();
}

/** @param {About} about */
function grouped(about) {
  const families = [...new Set(about.events.map(({ family }) => family))];
  return families.map((family) =>
    el(
      "optgroup",
      { label: family.toUpperCase() },
      ...about.events
        .filter((event) => event.family === family)
        .map(({ type }) => el("option", { value: `event ${type}` }, type)),
    ),
  );
}

/**
 * @param {About} about
 * @param {string} what
 */
function explained(about, what) {
  const [kind, name] = splitWhat(what);
  if (kind === "flow") return about.flows.find((flow) => flow.name === name)?.events.join(" → ");
  const event = about.events.find(({ type }) => type === name);
  const how =
    { documented: "", alias: " (the name is ours)" }[event?.provenance ?? ""] ??
    ` (${event?.provenance})`;
  return `${event?.meaning}${how}. Fields: ${event?.fields.join(", ")}.`;
}

/**
 * @param {About} about
 * @param {string} what
 */
function familyOf(about, what) {
  const [kind, name] = splitWhat(what);
  const type = kind === "flow" ? about.flows.find((flow) => flow.name === name)?.events[0] : name;
  return about.events.find((event) => event.type === type)?.family ?? "";
}

/** @param {string} what */
function splitWhat(what) {
  return [what.slice(0, what.indexOf(" ")), what.slice(what.indexOf(" ") + 1)];
}

/** @param {About} about */
function signedBy({ secrets }) {
  const names = secrets.map(({ fingerprint, origin }) => `${fingerprint} (${origin})`);
  return `It is signed with your secret ${names.join(" and ")}, so an app that verifies accepts it as genuine.`;
}

/**
 * @param {string} name
 * @param {string} placeholder
 * @param {string} [value]
 */
function input(name, placeholder, value = "") {
  return el("input", { name, placeholder, value, spellcheck: "false", autocomplete: "off" });
}

/**
 * @param {string} name
 * @param {string} value
 * @param {number} rows
 * @param {string} [placeholder]
 */
function textarea(name, value, rows, placeholder = "") {
  const found = el("textarea", { name, rows, placeholder, spellcheck: "false" });
  found.value = value;
  return found;
}

/**
 * @param {string} label
 * @param {Node} control
 */
function labelled(label, control) {
  return el("label", {}, el("span", {}, label), control);
}

/**
 * @param {FormData} data
 * @param {string} name
 */
function text(data, name) {
  return String(data.get(name) ?? "").trim() === "" ? "" : String(data.get(name));
}

/**
 * @param {FormData} data
 * @param {string} name
 */
function listed(data, name) {
  return text(data, name)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}

/**
 * @param {string} line
 * @returns {Header}
 */
function asHeader(line) {
  const colon = line.indexOf(":");
  if (colon < 1) throw new Error(`${line} is not a header: write Name: value`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
