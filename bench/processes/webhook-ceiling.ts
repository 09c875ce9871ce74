/**
 * The ceiling of B4: the minimum that Node and MongoDB need. It checks the signature and answers when a majority has
 * the body on disk; bodies that arrive together are written together.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import mongoose from 'mongoose';

export interface CeilingSettings {
  readonly port: number;
  readonly mongoUri: string;
  readonly appSecret: string;
}

const { port, mongoUri, appSecret } = JSON.parse(process.argv[2] ?? '{}') as CeilingSettings;
const maxBatches = 2;
const maxBatch = 500;

const client = await new mongoose.mongo.MongoClient(mongoUri).connect();
const events = client.db().collection('events');

let queue: { body: string; response: ServerResponse }[] = [];
let underWay = 0;

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 2 }).end('OK');
}

async function flush(): Promise<void> {
  if (queue.length === 0 || underWay >= maxBatches) return;
  const batch = queue.slice(0, maxBatch);
  queue = queue.slice(maxBatch);
  underWay += 1;
  await events
    .insertMany(
      batch.map(({ body }) => ({ receivedAt: new Date(), body })),
      { ordered: false, writeConcern: { w: 'majority', j: true } },
    )
    .then(
      () => 200,
      () => 500,
    )
    .then((status) => {
      for (const { response } of batch) answer(response, status);
    });
  underWay -= 1;
  void flush();
}

function take(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const expected = Buffer.from(`sha256=${createHmac('sha256', appSecret).update(bytes).digest('hex')}`);
  const given = Buffer.from(String(request.headers['x-hub-signature-256']));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return answer(response, 401);
  queue.push({ body: bytes.toString('utf8'), response });
  if (queue.length === 1) setImmediate(() => void flush());
}

createServer((request, response) => {
  if (request.method === 'GET') return answer(response, 200);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => take(request, response, Buffer.concat(chunks)));
}).listen(port, '127.0.0.1');

process.once('SIGTERM', () => process.exit(0));
