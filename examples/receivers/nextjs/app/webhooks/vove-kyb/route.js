// A VOVE ID webhook endpoint: Next.js, a route handler of its app router, and the svix package.
// Save as:  app/webhooks/vove-kyb/route.js
// Needs:    Node 22.16 or newer
// Install:  npm install next@16.4.6 react@19.3.1 react-dom@19.3.1 svix@2.5.0
// Start:    npx next build && npx next start --hostname 127.0.0.1 --port ${PORT:-3000}
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
import { DatabaseSync } from 'node:sqlite';
import { Webhook } from 'svix';

export const runtime = 'nodejs';

// `body` is a Buffer of the exact bytes that arrived: not request.json(), written again.
function isGenuine(body, headers) {
  // More than one secret, separated by spaces, while an old one is being replaced. Read here, not
  // above, because `next build` loads this file where the variable may not be set.
  const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean);
  if (secrets.length === 0) throw new Error('VOVE_WEBHOOK_SECRET is not set');
  return secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, Object.fromEntries(headers)); // throws unless genuine and new
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

export async function POST(request) {
  const body = Buffer.from(await request.arrayBuffer());
  if (!isGenuine(body, request.headers)) return new Response(null, { status: 401 });
  let payload;
  try {
    payload = JSON.parse(body.toString());
  } catch {
    return new Response(null, { status: 400 });
  }
  store(request.headers.get('svix-id') ?? request.headers.get('webhook-id'), payload);
  return new Response(null, { status: 200 });
}
