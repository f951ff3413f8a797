// Verifies rightly, then crashes on a genuine delivery. PORT=... node app.js
const { createHmac } = require('node:crypto');
const http = require('node:http');

const key = Buffer.from(process.env.VOVE_WEBHOOK_SECRET.replace('whsec_', ''), 'base64');

function remember(delivery) {
  return delivery.user.id; // BUG
}

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { 'svix-id': id, 'svix-timestamp': time, 'svix-signature': signatures = '' } = request.headers;
      const mac = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64');
      const isFresh = Math.abs(Date.now() / 1000 - Number(time)) < 300;
      if (!isFresh || !signatures.split(' ').includes(`v1,${mac}`)) {
        response.writeHead(401).end('refused');
        return;
      }
      try {
        response.end(remember(JSON.parse(body)));
      } catch (error) {
        console.error(error, 'with', process.env.VOVE_WEBHOOK_SECRET);
        response.writeHead(500).end('Internal Server Error');
      }
    });
  })
  .listen(process.env.PORT, '127.0.0.1');
