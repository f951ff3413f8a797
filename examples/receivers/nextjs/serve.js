// What Next.js does around route.js, as far as a webhook needs it: to try the handler by itself.
import http from 'node:http';
import { Readable } from 'node:stream';
import { POST } from './route.js';

const PATHS = ['/webhooks/vove-kyb', '/webhook-endpoint'];

async function answer(incoming) {
  const url = new URL(incoming.url, 'http://localhost');
  if (!PATHS.includes(url.pathname)) return new Response(null, { status: 404 });
  if (incoming.method !== 'POST') return new Response(null, { status: 405 });
  const { method, headers } = incoming;
  return POST(new Request(url, { method, headers, body: Readable.toWeb(incoming), duplex: 'half' }));
}

const server = http.createServer(async (incoming, outgoing) => {
  const response = await answer(incoming).catch(() => new Response(null, { status: 500 }));
  outgoing.writeHead(response.status).end();
});
server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
