import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { createApiClient } from '../load/api-client.ts';
import { openListeners } from '../load/listeners.ts';
import { storeAgents } from '../load/stored-agents.ts';
import { startMeter } from '../meter.ts';
import type { BenchOptions } from '../options.ts';
import { residentMib } from '../process-cpu.ts';
import { describeGrade, round, writeResult } from '../report.ts';
import { startPeer } from '../stage/peer.ts';
import { createProduct } from '../stage/product.ts';
import { createStage, type Log } from '../stage/stage.ts';
import { median } from '../stats.ts';

const targets = { better: 'less', floor: 20, goal: 16, moonshot: 10 } as const;

const eventsPerRound = 20;
const calmMs = 5_000;

/** A server with its streams, and what tells them something. */
interface Teller {
  readonly url: string;
  readonly pid: number;
  readonly authorizations: readonly (string | null)[];
  /** Tells every stream one thing. */
  tell(index: number): Promise<void>;
}

interface Figures {
  readonly kbPerStream: number;
  /** CPU of the server for one event to one stream, in microseconds; of each round. */
  readonly usPerDelivery: readonly number[];
  /** The part of a core that the silent streams take. */
  readonly idlePercent: number;
}

/**
 * The part of B10 about live events: the memory of a stream, and the CPU of one event to one stream, against a server that
 * only writes frames.
 */
export async function benchLiveEvents(options: BenchOptions, log: Log): Promise<void> {
  const { streams, rounds, idleSeconds } = options;
  const tokenSecret = randomBytes(36).toString('base64url');
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const stage = await createStage(log);
    closers.push(stage.stop);
    const product = await createProduct(stage, { env: { JWT_ACCESS_TOKEN_SECRET: tokenSecret } });
    await product.migrate();
    const api = await product.start('api');
    await product.start('worker');
    const admin = createApiClient(product.apiUrl, 1);
    closers.push(admin.close);
    await admin.signUp();
    const mongo = await new mongoose.mongo.MongoClient(product.mongoUri).connect();
    closers.push(() => mongo.close());
    const user = await mongo.db().collection('users').findOne();
    const clientId = user?.['clientId'] as mongoose.Types.ObjectId;
    const authorizations = await storeAgents(mongo.db(), clientId, { count: streams, tokenSecret });
    const peer = await startPeer(stage, { name: 'bare-sse', process: 'bare-sse', settings: {} });
    const frame = frameOf(clientId);
    const bare: Teller = {
      ...{ url: peer.url, pid: peer.pid, authorizations: authorizations.map(() => null) },
      async tell() {
        await (await fetch(peer.url, { method: 'POST', body: frame })).arrayBuffer();
      },
    };
    const ours: Teller = {
      ...{ url: product.apiUrl, pid: api.pid, authorizations },
      async tell(index) {
        await admin.post('/api/labels', { name: `Label ${index}`, colour: '#336699' });
      },
    };
    const figures = {
      bare: await measure(bare, { rounds, idleSeconds }),
      ours: await measure(ours, { rounds, idleSeconds }),
    };
    report(figures, streams, log);
    log(await writeResult('b10', { options: { streams, rounds, idleSeconds }, ...figures }));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** As long as an event of a label. */
const frameOf = (clientId: mongoose.Types.ObjectId): string => {
  const id = clientId.toHexString();
  const entity = { type: 'label', id };
  const view = { name: 'Label 10', colour: '#336699' };
  const event = { id, seq: 10, type: 'label.created', at: new Date(), entity, version: 1, view };
  return `id: 10\ndata: ${JSON.stringify(event)}\n\n`;
};

async function measure(
  { url, pid, authorizations, tell }: Teller,
  { rounds, idleSeconds }: Pick<BenchOptions, 'rounds' | 'idleSeconds'>,
): Promise<Figures> {
  let told = 0;
  const tellSome = async (count: number) => {
    for (let index = 0; index < count; index += 1) await tell((told += 1));
  };
  // What a process takes for its first events is not what a stream takes.
  await tellSome(eventsPerRound);
  await sleep(calmMs);
  const before = residentMib(pid);
  const listeners = await openListeners(url, authorizations);
  try {
    await sleep(calmMs);
    const kbPerStream = ((residentMib(pid) - before) * 1_024) / authorizations.length;
    const stopIdle = startMeter({ server: pid });
    await sleep(idleSeconds * 1_000);
    const idle = stopIdle();
    const usPerDelivery: number[] = [];
    for (let index = 1; index <= rounds; index += 1) {
      const stop = startMeter({ server: pid });
      await tellSome(eventsPerRound);
      await listeners.reach(index * eventsPerRound);
      const { totalCpuMs } = stop();
      usPerDelivery.push(round((totalCpuMs * 1_000) / (eventsPerRound * authorizations.length)));
    }
    return {
      kbPerStream: round(kbPerStream, 1),
      usPerDelivery,
      idlePercent: round((idle.totalCpuMs / idle.wallMs) * 100, 1),
    };
  } finally {
    listeners.close();
  }
}

function report({ bare, ours }: Readonly<Record<'bare' | 'ours', Figures>>, streams: number, log: Log): void {
  for (const [name, { kbPerStream, usPerDelivery, idlePercent }] of Object.entries({ bare, ours }))
    log(
      `${name}: ${streams} streams take ${kbPerStream} KB each, ${idlePercent} % of a core in silence, and ` +
        `${median(usPerDelivery)} µs for an event (${Math.min(...usPerDelivery)}–${Math.max(...usPerDelivery)})`,
    );
  log(`memory of a stream: ${describeGrade(ours.kbPerStream, targets)}`);
  log(
    `CPU of an event to a stream: ${round(median(ours.usPerDelivery) / median(bare.usPerDelivery))} times bare`,
  );
}
