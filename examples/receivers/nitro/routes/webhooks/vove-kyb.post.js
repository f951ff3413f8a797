// A VOVE ID webhook endpoint: Nitro, as in Nuxt (there: server/routes/...), and the svix package.
// Save as:  routes/webhooks/vove-kyb.post.js
// Needs:    Node 22.16 or newer
// Install:  npm install nitropack@2.13.6 h3@1 svix@2.5.0
// Start:    npx nitropack build && HOST=127.0.0.1 node .output/server/index.mjs
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
import { DatabaseSync } from 'node:sqlite';
import { defineEventHandler, getHeaders, readRawBody, setResponseStatus } from 'h3';
import { Webhook } from 'svix';

// More than one secret, separated by spaces, while an old one is being replaced.
const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean);
if (secrets.length === 0) throw new Error('VOVE_WEBHOOK_SECRET is not set');
const webhooks = secrets.map((secret) => new Webhook(secret));

function isGenuine(body, headers) {
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, headers); // throws unless signed by VOVE ID in the last five minutes
      return true;
    } catch {
      return false;
    }
  });
}

const db = new DatabaseSync(process.env.DATABASE ?? 'webhooks.db', { timeout: 5000 });
db.exec(`
  CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
  CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);
`);
const addMessage = db.prepare('INSERT OR IGNORE INTO messages VALUES (?)');
const addJob = db.prepare('INSERT INTO jobs VALUES (?, ?)');
const setStatus = db.prepare(`
  INSERT INTO cases VALUES (?, ?, ?)
  ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
  WHERE excluded.stage >= stage AND excluded.status <> status
`);

// Deliveries may arrive late: one of an earlier stage never takes a case back.
const STAGES = new Map(Object.entries({
  IN_PROGRESS: 1, IN_REVIEW: 2, COMPLETED: 3, REJECTED: 3,
  in_progress: 1, pending: 2, successful: 3, suspected: 3,
}));

// Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing.
function store(id, payload) {
  db.exec('BEGIN IMMEDIATE');
  try {
    if (addMessage.run(id).changes) apply(payload ?? {});
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

// Statuses and fields that are new to us change nothing, and are no reason to refuse.
function apply({ refId, status }) {
  const stage = STAGES.get(status);
  if (typeof refId !== 'string' || stage === undefined) return;
  // Slow work (mail, other services) is only queued: the answer does not wait for it.
  if (setStatus.run(refId, status, stage).changes) addJob.run(refId, status);
}

export default defineEventHandler(async (event) => {
  // Not readBody(): the signature covers the exact bytes. `false` gives them as a Buffer.
  const body = (await readRawBody(event, false)) ?? Buffer.alloc(0);
  const headers = getHeaders(event);
  const answer = (status) => setResponseStatus(event, status) ?? '';
  if (!isGenuine(body, headers)) return answer(401);
  let payload;
  try {
    payload = JSON.parse(body.toString());
  } catch {
    return answer(400);
  }
  store(headers['svix-id'] ?? headers['webhook-id'], payload);
  return answer(200);
});
