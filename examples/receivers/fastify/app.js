// A VOVE ID webhook endpoint: Fastify and the svix package.
// Save as:  app.js
// Needs:    Node 22.16 or newer
// Install:  npm install fastify@5.12.8 svix@2.5.0
// Start:    node app.js
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
'use strict';

const { DatabaseSync } = require('node:sqlite');
const fastify = require('fastify');
const { Webhook } = require('svix');

const app = fastify({ bodyLimit: 1_000_000 });

// More than one secret, separated by spaces, while an old one is being replaced.
const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean);
if (secrets.length === 0) throw new Error('VOVE_WEBHOOK_SECRET is not set');
const webhooks = secrets.map((secret) => new Webhook(secret));

// The signature covers the exact bytes, so Fastify's own parsers must not touch the body. Where
// other routes want JSON, put the webhook's route and these two lines in a plugin of their own.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body));

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

async function receive(request, reply) {
  if (!isGenuine(request.body, request.headers)) return reply.code(401).send();
  let payload;
  try {
    payload = JSON.parse(request.body.toString());
  } catch {
    return reply.code(400).send();
  }
  store(request.headers['svix-id'] ?? request.headers['webhook-id'], payload);
  return reply.code(200).send();
}
app.post('/webhooks/vove-kyb', receive);
app.post('/webhook-endpoint', receive);

app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' }).then((address) => {
  console.log(`listening on ${address}`);
});
