// A VOVE ID webhook endpoint: Node alone, the signature verified by hand.
// Save as:  app.js
// Needs:    Node 22.16 or newer
// Start:    node app.js
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const { DatabaseSync } = require('node:sqlite');

const TOLERANCE_S = 5 * 60;
// More than one secret, separated by spaces, while an old one is being replaced.
const keys = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean)
  .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'));
if (keys.length === 0 || keys.some((key) => key.length < 16)) {
  throw new Error('VOVE_WEBHOOK_SECRET is not set, or is not a signing secret');
}

// `headers` as Node gives them, in lower case; `body` the exact bytes that arrived, as a Buffer.
// Returns the id of a genuine message, else undefined.
function verify(headers, body) {
  const family = 'svix-id' in headers ? 'svix' : 'webhook';
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature']
    .map((part) => headers[`${family}-${part}`] ?? '');
  const age = Math.floor(Date.now() / 1000) - Number(timestamp);
  if (!id || !/^[0-9]{1,11}$/.test(timestamp) || Math.abs(age) > TOLERANCE_S) return undefined;
  const matches = keys.some((key) => {
    const mac = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    const expected = Buffer.from(`v1,${mac.digest('base64')}`);
    // While VOVE ID replaces the secret there are several signatures; one match is enough.
    return signatures.split(' ').map((signature) => Buffer.from(signature)).some(
      (given) => given.length === expected.length && crypto.timingSafeEqual(given, expected),
    );
  });
  return matches ? id : undefined;
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

async function answer(request) {
  const path = request.url.split('?')[0];
  if (path !== '/webhooks/vove-kyb' && path !== '/webhook-endpoint') return 404;
  if (request.method !== 'POST') return 405;
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= 1_000_000) chunks.push(chunk);
  }
  if (size > 1_000_000) return 413;
  const body = Buffer.concat(chunks);
  const id = verify(request.headers, body);
  if (id === undefined) return 401;
  let payload;
  try {
    payload = JSON.parse(body.toString());
  } catch {
    return 400;
  }
  store(id, payload);
  return 200;
}

const server = http.createServer(async (request, response) => {
  // 500 when the database fails: VOVE ID tries again.
  const status = await answer(request).catch(() => 500);
  response.writeHead(status).end();
});
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
