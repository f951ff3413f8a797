// The KYC page's Node sample behind a server: node kyc_server.js printed|raw|stringified
// `printed` runs it as it stands; the others repair the header names, the secret and the body.
const fs = require('fs');
const http = require('http');
const path = require('path');

const BODIES = { raw: 'received.toString()', stringified: 'JSON.stringify(JSON.parse(received))' };
let sample = fs.readFileSync(path.join(__dirname, 'kyc_node.js.txt'), 'utf8');
if (process.argv[2] !== 'printed') {
  sample = sample
    .replace(/headers\['(Svix-\w+)'\]/g, (_, name) => `headers['${name.toLowerCase()}']`)
    .replace(/JSON\.stringify\(\{[^}]*\}\)/, BODIES[process.argv[2]])
    .replace(/'whsec_\w+'/, 'process.env.VOVE_WEBHOOK_SECRET');
}
const run = new Function('require', 'headers', 'received', 'console', sample);

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    const said = [];
    try {
      run(require, request.headers, Buffer.concat(chunks), { log: (text) => said.push(text) });
      response.writeHead(/is valid/.test(said) ? 200 : 400).end(said.join());
    } catch (error) {
      response.writeHead(500).end('Internal Server Error');
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
