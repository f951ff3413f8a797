// The two functions of crypto-js that the sample uses, on Node's own crypto.
const crypto = require('crypto');

const Base64 = { parse: (text) => Buffer.from(text, 'base64') };
const HmacSHA256 = (content, key) => {
  const mac = crypto.createHmac('sha256', key).update(content).digest();
  return { toString: () => mac.toString('base64') };
};
module.exports = { HmacSHA256, enc: { Base64 } };
