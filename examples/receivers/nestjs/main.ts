// A VOVE ID webhook endpoint: NestJS and the svix package.
// Save as:  main.ts
// Needs:    Node 22.16 or newer
// Install:  npm install @nestjs/common@12.5.1 @nestjs/core@12.5.1 @nestjs/platform-express@12.5.1 reflect-metadata@0.2.2 rxjs@7.8.2 svix@2.5.0 tsx@4.23.15
// Install:  npm pkg set type=module
// Install:  echo '{"compilerOptions": {"experimentalDecorators": true}}' > tsconfig.json
// Start:    npx tsx main.ts
// Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
//           (3000), DATABASE (webhooks.db).
import 'reflect-metadata';
import { DatabaseSync } from 'node:sqlite';
import {
  BadRequestException, Controller, HttpCode, Module, Post, type RawBodyRequest, Req, UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Webhook } from 'svix';

// More than one secret, separated by spaces, while an old one is being replaced.
const secrets = (process.env.VOVE_WEBHOOK_SECRET ?? '').split(/\s+/).filter(Boolean);
if (secrets.length === 0) throw new Error('VOVE_WEBHOOK_SECRET is not set');
const webhooks = secrets.map((secret) => new Webhook(secret));

function isGenuine(body: Buffer, headers: Record<string, string>) {
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, headers); // throws unless signed by VOVE ID in the last five minutes
      return true;
    } catch {
      return false;
    }
  });
}

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
function store(id: string, payload: any) {
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
function apply({ refId, status }: any) {
  const stage = STAGES.get(status);
  if (typeof refId !== 'string' || stage === undefined) return;
  // Slow work (mail, other services) is only queued: the answer does not wait for it.
  if (setStatus.run(refId, status, stage).changes) addJob.run(refId, status);
}

@Controller()
class WebhookController {
  @Post(['webhooks/vove-kyb', 'webhook-endpoint'])
  @HttpCode(200)
  receive(@Req() request: RawBodyRequest<any>) {
    // Not @Body(): a DTO written again is not what was signed.
    const body = request.rawBody ?? Buffer.alloc(0);
    if (!isGenuine(body, request.headers)) throw new UnauthorizedException();
    let payload;
    try {
      payload = JSON.parse(body.toString());
    } catch {
      throw new BadRequestException();
    }
    store(request.headers['svix-id'] ?? request.headers['webhook-id'], payload);
  }
}

@Module({ controllers: [WebhookController] })
class AppModule {}

async function main() {
  // Without rawBody there is nothing left to verify: Nest parses every body first.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { rawBody: true, logger: ['error'] });
  // Whatever the content type says, and also JSON that is no object.
  app.useBodyParser('json', { type: () => true, strict: false, limit: '1mb' });
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}
main();
