// Run it: node --test
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { FORGERIES, delivery, newSecret, signature } from './deliveries.mjs';
import { app } from './handler.mjs';

const PAYLOAD = { refId: 'business-1', status: 'COMPLETED', previousStatus: 'IN_REVIEW' };
const secret = newSecret();
const handled = [];
const server = app(secret, (event) => handled.push(event));
const post = async ({ headers, body }) =>
  (await fetch(`http://127.0.0.1:${server.address().port}/webhooks/vove-kyb`, { method: 'POST', headers, body })).status;

before(() => new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); }));
after(() => server.close());
beforeEach(() => { handled.length = 0; });

test('signs as the specification of Standard Webhooks does', () => {
  const example = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}'];
  assert.equal(signature(...example), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('a genuine delivery is acknowledged, and takes effect', async () => {
  assert.equal(await post(delivery(PAYLOAD, secret)), 200);
  assert.deepEqual(handled, [PAYLOAD]);
});

test('a message that is sent again has no second effect', async () => {
  const made = delivery(PAYLOAD, secret);
  assert.deepEqual([await post(made), await post(made)], [200, 200]);
  assert.equal(handled.length, 1);
});

for (const [name, forge] of Object.entries(FORGERIES)) {
  test(`a forgery is refused: ${name}`, async () => {
    assert.equal(await post(forge(PAYLOAD, secret)), 401);
    assert.deepEqual(handled, []);
  });
}
