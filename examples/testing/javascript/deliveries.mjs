// Signed and forged VOVE ID deliveries for tests. Copy this file; it needs Node alone.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';

/** A secret of the test's own. */
export const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

/** The `v1,` entry for one message. */
export function signature(secret, id, timestamp, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
}

/** Headers and exact body of a genuine delivery of a payload. */
export function delivery(payload, secret, { id, timestamp } = {}) {
  const body = JSON.stringify(payload);
  id ??= `msg_${randomUUID().replaceAll('-', '').slice(0, 27)}`;
  timestamp ??= Math.floor(Date.now() / 1000);
  return {
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(timestamp),
      'svix-signature': signature(secret, id, timestamp, body),
    },
    body,
  };
}

const without = (...names) => (payload, secret) => {
  const { headers, body } = delivery(payload, secret);
  return { headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))), body };
};
const signedAs = (rewrite) => (payload, secret) => {
  const { headers, body } = delivery(payload, secret);
  return { headers: { ...headers, 'svix-signature': rewrite(headers['svix-signature']) }, body };
};
const later = (seconds) => (payload, secret) =>
  delivery(payload, secret, { timestamp: Math.floor(Date.now() / 1000) + seconds });

/** What a correct handler refuses: a function from a payload and the secret to a request, by name. */
export const FORGERIES = {
  'wrong secret': (payload) => delivery(payload, newSecret()),
  'tampered body': (payload, secret) => {
    const { headers, body } = delivery(payload, secret);
    return { headers, body: `${body} ` };
  },
  'swapped id': (payload, secret) => {
    const { headers, body } = delivery(payload, secret);
    return { headers: { ...headers, 'svix-id': 'msg_2if9qqkVjQDrS738JZOnax9T7MO' }, body };
  },
  stale: later(-10 * 60),
  future: later(10 * 60),
  'truncated signature': signedAs((entry) => entry.slice(0, 11)),
  'unknown version': signedAs((entry) => entry.replace('v1,', 'v0,')),
  'missing id': without('svix-id'),
  'missing timestamp': without('svix-timestamp'),
  'missing signature': without('svix-signature'),
  unsigned: without('svix-id', 'svix-timestamp', 'svix-signature'),
};
