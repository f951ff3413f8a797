// A VOVE ID webhook endpoint: a Cloudflare Worker with a D1 database, and the svix package.
// Save as:  worker.mjs
// Needs:    Node 22.16 or newer
// Install:  npm install svix@2.5.0 wrangler@4.164.0
// Install:  echo '{"name": "vove-webhooks", "main": "worker.mjs", "compatibility_date": "2026-01-01", "compatibility_flags": ["nodejs_compat"], "d1_databases": [{"binding": "DB", "database_name": "webhooks", "database_id": "local"}]}' > wrangler.json
// Start:    npx wrangler dev --ip 127.0.0.1 --port ${PORT:-3000} --var "VOVE_WEBHOOK_SECRET:$VOVE_WEBHOOK_SECRET" --persist-to "${DATABASE:-.wrangler}"
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another; once
//           deployed: npx wrangler secret put VOVE_WEBHOOK_SECRET), PORT (3000).
import { Webhook } from 'svix';

function isGenuine(body, headers, text) {
  // More than one secret, separated by spaces, while an old one is being replaced.
  const secrets = (text ?? '').split(/\s+/).filter(Boolean);
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, Object.fromEntries(headers)); // throws unless genuine and new
      return true;
    } catch {
      return false;
    }
  });
}

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, delivery TEXT)',
  'CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER)',
  'CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT)',
];
const ADD_MESSAGE = 'INSERT OR IGNORE INTO messages VALUES (?1, ?2)';
// Slow work (mail, other services) is only queued: the answer does not wait for it.
const ADD_JOB = `
  INSERT INTO jobs SELECT ?1, ?2
  WHERE EXISTS (SELECT 1 FROM messages WHERE id = ?4 AND delivery = ?5)
  AND NOT EXISTS (SELECT 1 FROM cases WHERE ref_id = ?1 AND (stage > ?3 OR status = ?2))`;
const SET_STATUS = `
  INSERT INTO cases SELECT ?1, ?2, ?3
  WHERE EXISTS (SELECT 1 FROM messages WHERE id = ?4 AND delivery = ?5)
  ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
  WHERE excluded.stage >= stage`;

// Deliveries may arrive late: one of an earlier stage never takes a case back.
const STAGES = new Map(Object.entries({
  IN_PROGRESS: 1, IN_REVIEW: 2, COMPLETED: 3, REJECTED: 3,
  in_progress: 1, pending: 2, successful: 3, suspected: 3,
}));

// Id and effect in one batch, which D1 runs as one transaction: a duplicate finds the id of another
// delivery in the table and does nothing.
async function store(db, id, payload) {
  const delivery = crypto.randomUUID();
  const statements = [db.prepare(ADD_MESSAGE).bind(id, delivery)];
  const { refId, status } = payload ?? {};
  const stage = STAGES.get(status);
  // Statuses and fields that are new to us change nothing, and are no reason to refuse.
  if (typeof refId === 'string' && stage !== undefined) {
    for (const text of [ADD_JOB, SET_STATUS]) {
      statements.push(db.prepare(text).bind(refId, status, stage, id, delivery));
    }
  }
  await db.batch(statements);
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (!['/webhooks/vove-kyb', '/webhook-endpoint'].includes(pathname)) return new Response(null, { status: 404 });
    if (request.method !== 'POST') return new Response(null, { status: 405 });
    // Not request.json(), written again: the signature covers the exact bytes.
    const body = Buffer.from(await request.arrayBuffer());
    if (!isGenuine(body, request.headers, env.VOVE_WEBHOOK_SECRET)) return new Response(null, { status: 401 });
    let payload;
    try {
      payload = JSON.parse(body.toString());
    } catch {
      return new Response(null, { status: 400 });
    }
    await env.DB.batch(SCHEMA.map((text) => env.DB.prepare(text))); // or once: wrangler d1 execute
    await store(env.DB, request.headers.get('svix-id') ?? request.headers.get('webhook-id'), payload);
    return new Response(null, { status: 200 });
  },
};
