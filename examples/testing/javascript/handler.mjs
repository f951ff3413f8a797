// The handler under test: yours goes here. Verified as in ../../receivers/node/server.js.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_S = 5 * 60;

function isGenuine(secret, headers, body) {
  const [id, timestamp, signatures] = ['svix-id', 'svix-timestamp', 'svix-signature'].map((name) => headers[name] ?? '');
  const age = Date.now() / 1000 - Number(timestamp);
  if (!id || !/^[0-9]{1,11}$/.test(timestamp) || Math.abs(age) > TOLERANCE_S) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const expected = Buffer.from(`v1,${mac}`);
  return signatures.split(' ').map((entry) => Buffer.from(entry))
    .some((entry) => entry.length === expected.length && timingSafeEqual(entry, expected));
}

/** A server that acknowledges genuine deliveries, once per message, and refuses all else. */
export function app(secret, handle) {
  const seen = new Set();
  return createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (!isGenuine(secret, request.headers, body)) return response.writeHead(401).end();
    const id = request.headers['svix-id'];
    if (!seen.has(id)) handle(JSON.parse(body));
    seen.add(id);
    return response.writeHead(200).end();
  });
}
