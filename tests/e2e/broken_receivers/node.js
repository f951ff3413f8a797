// A receiver with one planted mistake: node node.js MISTAKE. Listens on a free port and prints it.
'use strict';
const crypto = require('crypto');
const http = require('http');

const SECRET = process.env.VOVE_WEBHOOK_SECRET;
const KEY = Buffer.from(SECRET.replace(/^whsec_/, ''), 'base64');
const hmac = (key, ...parts) => parts.reduce((mac, part) => mac.update(part), crypto.createHmac('sha256', key));
const same = (a, b) => a.length === b.length && crypto.timingSafeEqual(Buffer.from(a), Buffer.from(b));
const isFresh = (timestamp, now = Date.now() / 1000) => /^\d{1,12}$/.test(timestamp) && Math.abs(now - timestamp) <= 300;
const triple = (headers) => [headers['svix-id'], headers['svix-timestamp'], headers['svix-signature']];
const json = (body) => { try { return JSON.parse(body); } catch { return {}; } };

/** A right verification with one part of it replaced. */
function verify(request, body, change = {}) {
  const [id, timestamp, header] = (change.triple || triple)(request.headers);
  if (!id || !timestamp || !header || !(change.isFresh || isFresh)(timestamp)) return false;
  const content = change.content ? change.content(id, timestamp, body) : Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const mac = hmac(change.key ?? KEY, content).digest(change.encoding || 'base64');
  if (change.matches) return change.matches(header, mac);
  return header.split(' ').some((entry) => entry.startsWith('v1,') && same(entry.slice(3), mac));
}
const checking = (change) => (request, body) => [verify(request, body, change) ? 200 : 401];
const text = (write) => checking({ content: (id, timestamp, body) => `${id}.${timestamp}.${write(body)}` });

const seen = new Set();
const states = {};

const MISTAKES = {
  none: checking({}),
  'body-first-json-stringify': text((body) => JSON.stringify(json(body))),
  'buffer-stringified': text((body) => JSON.stringify(body)),
  'object-object': text((body) => `${json(body)}`),
  'content-timestamp-body': checking({ content: (id, timestamp, body) => `${timestamp}.${body}` }),
  'content-id-body': checking({ content: (id, timestamp, body) => `${id}.${body}` }),
  'content-no-separator': checking({ content: (id, timestamp, body) => `${id}${timestamp}${body}` }),
  'prefix-in-decoded-key': checking({ key: Buffer.from(SECRET, 'base64') }),
  'text-key': checking({ key: SECRET }),
  'undecoded-key': checking({ key: SECRET.slice(6) }),
  'unset-secret': checking({ key: process.env.NO_SUCH_VARIABLE || '' }),
  'undefined-key': checking({ key: `${process.env.NO_SUCH_VARIABLE}` }),
  hex: checking({ encoding: 'hex' }),
  base64url: checking({ encoding: 'base64url' }),
  milliseconds: checking({ isFresh: (timestamp) => Math.abs(Date.now() - timestamp) <= 300e3 }),
  'time-zone': checking({ isFresh: (timestamp) => isFresh(timestamp, Date.now() / 1000 + 7200) }),
  'no-timestamp-check': checking({ isFresh: () => true }),
  'past-only': checking({ isFresh: (timestamp) => /^\d+$/.test(timestamp) && Date.now() / 1000 - timestamp <= 300 }),
  'canonical-names': (request) => {
    const id = request.headers['Svix-Id'];
    return id ? [200] : [400, 'Missing svix headers'];
  },
  'canonical-names-crash': (request) => [request.headers['Svix-Signature'].split(',') ? 200 : 401],
  'kyc-sample-split': checking({ isFresh: () => true, matches: (header, mac) => header.split(',')[1] === mac }),
  'starts-with': checking({ matches: (header, mac) => header.split(' ').some((entry) => mac.startsWith(entry.split(',')[1])) }),
  'slice-compare': checking({ matches: (header, mac) => header.startsWith('v1,') && mac.slice(0, header.length - 3) === header.slice(3) }),
  'fail-open': (request, body) => {
    try { if (!verify(request, body)) throw new Error('signature'); } catch (error) { console.error(error.message); }
    return [200, 'OK'];
  },
  'presence-only': (request) => [request.headers['svix-signature'] ? 200 : 401],
  'skips-without-signature': (request, body) => [!request.headers['svix-signature'] || verify(request, body) ? 200 : 401],
  'swagger-token': (request, body) => (request.headers.authorization ? [verify(request, body) ? 200 : 401] : [401, '{"message":"Missing bearer token"}']),
  'json-200': (request, body) => [200, JSON.stringify(verify(request, body) ? { received: true } : { received: false, error: 'bad signature' })],
  'french-200': (request, body) => [200, verify(request, body) ? 'bien' : 'signature invalide'],
  'crash-after': (request, body) => {
    if (!verify(request, body)) return [401, 'no'];
    return [200, json(body).data.status.toUpperCase()];
  },
  'hang-after': (request, body) => (verify(request, body) ? null : [401]),
  'dies-on-forgery': (request, body) => {
    if (!verify(request, body)) setImmediate(() => { throw new Error('nobody catches this'); });
    else return [200];
    return null;
  },
  'unique-index': (request, body) => {
    if (!verify(request, body)) return [401];
    if (seen.has(request.headers['svix-id'])) throw new Error('UNIQUE constraint failed: messages.id');
    seen.add(request.headers['svix-id']);
    return [200];
  },
  'conflict-409': (request, body) => {
    if (!verify(request, body)) return [401];
    if (seen.has(request.headers['svix-id'])) return [409];
    seen.add(request.headers['svix-id']);
    return [200];
  },
  'sdk-vocabulary': (request, body) => {
    if (!verify(request, body)) return [401];
    return ['success', 'failed', 'canceled'].includes(json(body).status) ? [200] : [400, 'unknown status'];
  },
  'only-final-statuses': (request, body) => {
    if (!verify(request, body)) return [401];
    return ['successful', 'suspected', 'COMPLETED', 'REJECTED'].includes(json(body).status) ? [200] : [422];
  },
  'unknown-fields': (request, body) => {
    if (!verify(request, body)) return [401];
    return Object.keys(json(body)).every((key) => ['refId', 'status', 'previousStatus', 'reason', 'userId'].includes(key)) ? [200] : [400];
  },
  'user-id': (request, body) => {
    if (!verify(request, body)) return [401];
    const event = json(body);
    return [200, event.status === event.status?.toLowerCase() && event.refId ? event.userId.slice(0, 8) : ''];
  },
  'slow-6s': (request, body, answer) => {
    const code = verify(request, body) ? 200 : 401;
    setTimeout(() => answer([code]), code === 200 ? 6000 : 0);
    return null;
  },
  'late-event-wins': (request, body) => {
    if (!verify(request, body)) return [401];
    if (!seen.has(request.headers['svix-id'])) states[json(body).refId] = json(body).status;
    seen.add(request.headers['svix-id']);
    return [200];
  },
  'stores-before-verifying': (request, body) => {
    const event = json(body);
    if (event.refId && !seen.has(request.headers['svix-id'])) states[event.refId] = event.status;
    seen.add(request.headers['svix-id']);
    return [verify(request, body) ? 200 : 401];
  },
  'counts-every-delivery': (request, body) => {
    if (!verify(request, body)) return [401];
    states[json(body).refId] = (states[json(body).refId] || 0) + 1;
    return [200];
  },
  'shows-signature': (request, body) => {
    if (verify(request, body)) return [200];
    const [id, timestamp] = triple(request.headers);
    return [401, `expected v1,${hmac(KEY, `${id}.${timestamp}.`, body).digest('base64')}`];
  },
  'x-signature': (request, body) => [request.headers['x-signature'] === hmac(SECRET, body).digest('base64') ? 200 : 401],
  'github-style': (request, body) => [request.headers['x-hub-signature-256'] === `sha256=${hmac(SECRET, body).digest('hex')}` ? 200 : 403],
  'old-scheme-besides': (request, body) => [verify(request, body) || request.headers['svix-signature'] === hmac(SECRET, body).digest('base64') ? 200 : 401],
};

const mistake = MISTAKES[process.argv[2]];
const server = http.createServer((request, response) => {
  if (request.url === '/state') return response.end(JSON.stringify(states, null, 1));
  const answer = ([status, words = '', headers = {}]) => { response.writeHead(status, headers); response.end(words); };
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    let found;
    try { found = mistake(request, Buffer.concat(chunks), answer); } catch (error) { found = [500, 'Internal Server Error']; }
    if (found) answer(found);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
