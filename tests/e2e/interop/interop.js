// Signs and verifies with the npm packages: one JSON case per line in, one JSON answer per line out.
'use strict';

const fs = require('node:fs');

const libraries = { svix: require('svix'), standardwebhooks: require('standardwebhooks') };

function answer({ library, secret, id, timestamp, body, headers }) {
  const webhook = new libraries[library].Webhook(secret);
  const bytes = Buffer.from(body, 'base64');
  if (!headers) return { signature: webhook.sign(id, new Date(timestamp * 1000), bytes) };
  try {
    webhook.verify(bytes, Object.fromEntries(headers));
    return { valid: true };
  } catch (error) {
    return { valid: false, why: String(error) };
  }
}

const cases = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
process.stdout.write(cases.map((each) => `${JSON.stringify(answer(each))}\n`).join(''));
