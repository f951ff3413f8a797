// A VOVE ID webhook endpoint: Koa and the svix package.
// Save as:  app.js
// Needs:    Node 22.16 or newer
// Install:  npm install koa@3.3.0 raw-body@4.0.0 svix@2.5.0
// Start:    node app.js
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
'use strict';

const { DatabaseSync } = require('node:sqlite');
const Koa = require('koa');
const { getRawBody } = require('raw-body');
const { Webhook } = require('svix');

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

const app = new Koa();
const PATHS = ['/webhooks/vove-kyb', '/webhook-endpoint'];
// Before any body parser: the signature covers the exact bytes, and a stream is read only once.
app.use(async (ctx, next) => {
  if (ctx.method !== 'POST' || !PATHS.includes(ctx.path)) return next();
  const body = await getRawBody(ctx.req, { limit: '1mb' });
  if (!isGenuine(body, ctx.headers)) return ctx.throw(401);
  let payload;
  try {
    payload = JSON.parse(body.toString());
  } catch {
    return ctx.throw(400);
  }
  store(ctx.get('svix-id') || ctx.get('webhook-id'), payload);
  ctx.status = 200;
  return undefined;
});
// What is thrown elsewhere, by the database for example, is a 500, and VOVE ID tries again.
app.silent = true;

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
