// A VOVE ID webhook endpoint: AWS Lambda behind API Gateway or a function URL, and the svix package.
// Save as:  handler.mjs
// Needs:    Node 22.16 or newer
// Install:  npm install svix@2.5.0
// Start:    node handler.mjs
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
import http from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
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

// In Lambda DATABASE is a file on EFS: what is in /tmp is one instance's own, and duplicates reach others.
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

// For events of both formats: REST APIs keep the spelling of header names, the others write them small.
export async function handler(event) {
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  // The gateway decides what it encodes: the signature covers the bytes that arrived.
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (!isGenuine(body, headers)) return { statusCode: 401 };
  let payload;
  try {
    payload = JSON.parse(body.toString());
  } catch {
    return { statusCode: 400 };
  }
  store(headers['svix-id'] ?? headers['webhook-id'], payload);
  return { statusCode: 200 };
}

// To try it on this machine: what a function URL does around it. Lambda never runs this.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const PATHS = ['/webhooks/vove-kyb', '/webhook-endpoint'];
  const server = http.createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    if (!PATHS.includes(pathname) || request.method !== 'POST') return response.writeHead(404).end();
    const body = Buffer.concat(await request.toArray());
    const isText = /^(text\/|application\/(json|xml|javascript))/.test(request.headers['content-type'] ?? '');
    const event = {
      version: '2.0', rawPath: pathname, rawQueryString: search.slice(1), headers: request.headers,
      requestContext: { http: { method: request.method, path: pathname } },
      body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText,
    };
    const answer = await handler(event).catch(() => ({ statusCode: 502 }));
    return response.writeHead(answer.statusCode).end(answer.body);
  });
  server.listen(process.env.PORT ?? 3000, '127.0.0.1');
}
