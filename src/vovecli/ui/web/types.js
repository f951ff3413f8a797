/**
 * The JSON that the server gives; docs/reference/schemas describes each.
 *
 * @typedef {"sent" | "received"} Direction
 * @typedef {"delivered" | "refused" | "unreachable" | "timeout" | "valid" | "invalid"} Outcome
 * @typedef {[name: string, value: string]} Header
 *
 * @typedef {object} Line A line of the list, of `vove.records/1`.
 * @property {number} record
 * @property {Direction} direction
 * @property {number} at Unix seconds.
 * @property {string | null} event
 * @property {string | null} new_status
 * @property {string | null} previous_status
 * @property {string | null} ref_id
 * @property {string | null} message_id
 * @property {string | null} endpoint
 * @property {string} method
 * @property {string} path
 * @property {Outcome} outcome
 * @property {boolean} ok
 * @property {number | null} status
 * @property {number | null} latency_ms
 * @property {string[]} faults
 * @property {string | null} cause
 * @property {number} body_len
 *
 * @typedef {{lines: Line[], count: number, newest: number, ended: boolean}} Records
 *
 * @typedef {object} Answer
 * @property {number} status
 * @property {Header[]} headers
 * @property {string} [body]
 * @property {string} [body_base64]
 * @property {boolean} body_truncated
 *
 * @typedef {object} Kept `vove.record/1`, without what a line has already.
 * @property {Header[]} headers
 * @property {string} [body]
 * @property {string} [body_base64]
 * @property {boolean} body_truncated
 * @property {Answer | null} answer
 *
 * @typedef {Omit<Line, "new_status" | "previous_status" | "ok"> & Kept} FullRecord
 *
 * @typedef {object} Cause
 * @property {string} code
 * @property {string} message
 * @property {string} [fix]
 * @property {"proved" | "observed" | "likely" | "unknown"} [certainty]
 *
 * @typedef {object} Verify `vove.verify/1`.
 * @property {"valid" | "invalid"} verdict
 * @property {Cause | null} cause
 * @property {{code: string, message: string}[]} findings
 * @property {number | null} timestamp
 * @property {number | null} age_s
 * @property {{fingerprint: string, origin: string} | null} secret
 *
 * @typedef {object} Step
 * @property {number} record
 * @property {Direction} direction
 * @property {number} at
 * @property {Outcome} outcome
 * @property {number | null} status
 * @property {number | null} latency_ms
 * @property {string | null} error
 * @property {number | null} gap_s
 * @property {string} note
 *
 * @typedef {object} Inspected `vove.inspection/1`.
 * @property {FullRecord} record
 * @property {boolean} ok
 * @property {Verify | null} verify
 * @property {[place: number, of: number] | null} signature
 * @property {Cause | null} on_arrival
 * @property {boolean} signed_differs
 * @property {Step[]} timeline
 * @property {Record<string, string>} names Of characters that cannot be seen.
 *
 * @typedef {{side: "same" | "left" | "right", text: string}} Piece
 * @typedef {{left: string, right: string, equal: boolean, pieces: Piece[],
 *   names: Record<string, string>}} Comparison
 *
 * @typedef {object} About `vove.inspect/1`.
 * @property {string} version
 * @property {boolean} redacted
 * @property {{fingerprint: string, origin: string}[]} secrets
 * @property {Record<string, string>} endpoints By family.
 * @property {{type: string, family: string, provenance: string, meaning: string,
 *   fields: string[]}[]} events
 * @property {{name: string, events: string[]}[]} flows
 * @property {{name: string, sent: string, amount: string | null}[]} faults
 *
 * @typedef {object} Delivery `vove.delivery/1`.
 * @property {string | null} event
 * @property {string} endpoint
 * @property {Outcome} outcome
 * @property {boolean} ok
 * @property {{status: number | null, error: string | null}[]} attempts
 *
 * @typedef {{deliveries: Delivery[], notes: string[][], hints: string[],
 *   unrecorded: string | null}} Sent
 *
 * @typedef {{record: number, at: number, outcome: Outcome, ok: boolean,
 *   latency_ms: number | null}} Point
 * @typedef {{type: string, family: string, status: string | null, provenance: string,
 *   meaning: string, state: string | null, counts: Record<string, number>}} Covered
 * @typedef {{points: Point[], coverage: Covered[]}} Overview
 */

export {};
