import mongoose, { type mongo } from 'mongoose';
import type { Cluster } from '../cluster/cluster.ts';
import type { Log } from '../shared/log.ts';
import { changeBehaviour } from '../shared/sandbox.ts';
import { waitFor, waitUntilStill } from '../shared/wait.ts';
import { startStaff, type Staff } from './agents.ts';
import { assignmentTerms, openBusiness, serviceTerms, type Business } from './business.ts';
import { postPlan, uploadFiles, type ContactsTarget, type Posting } from './contacts.ts';
import { readEvidence } from './evidence.ts';
import type { Listened, StormFacts } from './facts.ts';
import { countFigures, type Figures } from './figures.ts';
import { judgeStorm } from './judge/judge.ts';
import { startKills, type Kill, type StormTarget } from './kills.ts';
import { startListener, type Listener } from './listeners.ts';
import { describeLoad, isCalm, readLoad, type Load } from './load.ts';
import type { StormOptions } from './options.ts';
import { planStorm } from './plan.ts';
import { watchInbox, type InboxWatch } from './watch.ts';

/** The product with two APIs and two workers. */
export interface StormCluster extends Pick<Cluster, 'sandboxUrl' | 'mongodbUri' | 'appSecret'> {
  readonly apiUrls: readonly [string, string];
  /** kill -9; resolves when the process is ready again. */
  kill(target: StormTarget): Promise<void>;
}

export interface StormReport {
  readonly options: Omit<StormOptions, 'page'>;
  readonly posting: Pick<Posting, 'posts' | 'repeats'>;
  readonly messages: number;
  readonly files: number;
  readonly replies: number;
  readonly acts: ReadonlyMap<string, number>;
  readonly kills: readonly Kill[];
  readonly figures: Figures;
  /** Until the last webhook was answered, and until all had come to rest. */
  readonly postingMs: number;
  readonly totalMs: number;
  readonly violations: readonly string[];
}

type Options = Omit<StormOptions, 'page'>;

/** Without any change for so long, what is left will never end. */
const maxStillMs = 120_000;
const pollMs = 500;
const minuteMs = 60_000;

/** One storm: plays it, waits until all is served and at rest, and judges. */
export async function runStorm(options: Options, cluster: StormCluster, log: Log): Promise<StormReport> {
  await changeBehaviour(cluster.sandboxUrl, { receipts: 'none' });
  const client = new mongoose.mongo.MongoClient(cluster.mongodbUri);
  try {
    const database = client.db();
    const business = await openBusiness({ apiUrls: cluster.apiUrls, database }, options.agents);
    const watch = await watchInbox(database, business.clientId);
    try {
      return await play({ options, cluster, database, business, watch, log });
    } finally {
      await watch.close();
    }
  } finally {
    await client.close();
  }
}

interface Storm {
  readonly options: Options;
  readonly cluster: StormCluster;
  readonly database: mongo.Db;
  readonly business: Business;
  readonly watch: InboxWatch;
  readonly log: Log;
}

async function play(storm: Storm): Promise<StormReport> {
  const { options, cluster, database, business, log } = storm;
  const { apiUrls, sandboxUrl, appSecret } = cluster;
  const plan = planStorm(options);
  const target: ContactsTarget = { apiUrls, sandboxUrl, appSecret, phoneNumberId: business.phoneNumberId };
  const fileIds = await uploadFiles(plan, target);
  const stormMs = options.minutes * minuteMs;
  const listeners = await startListeners(storm);
  const staff = startStaff(business.agents, { seed: options.seed, stormMs, log });
  const killing = startKills({
    ...{ seed: options.seed, pauseMs: killPauseMs(stormMs), log },
    kill: (name) => cluster.kill(name),
    look: () => readLoad(database),
  });
  const startedAt = performance.now();
  try {
    const posting = await postPlan(plan, target, { fileIds, startMs: Date.now() });
    const postingMs = performance.now() - startedAt;
    log(`all ${posting.posts} webhooks are answered`);
    staff.finish();
    await killing.finish();
    const rest = await comeToRest(storm, staff);
    const facts = await collect(storm, { posting, staff, listeners });
    return {
      options,
      posting,
      ...{ messages: posting.accepted.length, files: fileIds.size, replies: staff.replies.length },
      ...{ acts: staff.acts, kills: killing.kills, figures: countFigures(facts), postingMs },
      totalMs: performance.now() - startedAt,
      violations: [...rest, ...judgeStorm(facts)],
    };
  } finally {
    await Promise.allSettled([killing.stop(), staff.stop(), ...listeners.map((one) => one.stop())]);
  }
}

const killPauseMs = (stormMs: number): number => Math.min(6_000, Math.max(1_000, stormMs / 10));
/** A short time in a storm of this length. */
const unitMsOf = (stormMs: number): number => Math.min(1_000, Math.max(300, stormMs / 100));
const longCutMs = 30_000;

/** Two at each API: an admin and an agent. One is cut off for half a minute, if the storm lasts. */
async function startListeners({ options, cluster, business }: Storm): Promise<readonly Listener[]> {
  const stormMs = options.minutes * minuteMs;
  const { apiUrls } = cluster;
  const users = [
    { name: 'admin', account: business.admin, role: 'admin' },
    { name: 'agent', account: business.watcher, role: 'agent' },
  ] as const;
  const listeners: Listener[] = [];
  for (const [index, urls] of [apiUrls, apiUrls.toReversed()].entries()) {
    for (const { name, ...user } of users) {
      const isLong = listeners.length === 0 && stormMs > 4 * longCutMs;
      listeners.push(
        await startListener({
          ...{ ...user, name: `${name} ${index + 1}`, apiUrls: urls, unitMs: unitMsOf(stormMs) },
          ...{ seed: options.seed + listeners.length, ...(isLong ? { firstCutMs: longCutMs } : {}) },
        }),
      );
    }
  }
  return listeners;
}

const untilRest = ({ database, log }: Storm, isOver: (load: Load) => boolean): Promise<boolean> =>
  waitUntilStill({
    async look() {
      const load = await readLoad(database);
      return { isOver: isOver(load), state: describeLoad(load) };
    },
    ...{ maxStillMs, pollMs, log },
  });

/** Agents serve what snoozes still bring; they leave when nothing is under way. Returns what never ended. */
async function comeToRest(storm: Storm, staff: Staff): Promise<readonly string[]> {
  await untilRest(storm, isCalm);
  await staff.stop();
  if (await untilRest(storm, isCalm)) return [];
  return [`it never came to rest: ${describeLoad(await readLoad(storm.database))}`];
}

interface Played {
  readonly posting: Posting;
  readonly staff: Staff;
  readonly listeners: readonly Listener[];
}

async function collect(storm: Storm, { posting, staff, listeners }: Played): Promise<StormFacts> {
  const { cluster, database, business, watch } = storm;
  const { clientId, admin } = business;
  const endedAtMs = Date.now();
  // The token may be over.
  await admin.renew();
  await watch.catchUp();
  const source = { database, clientId, admin, sandboxUrl: cluster.sandboxUrl, apiUrl: cluster.apiUrls[0] };
  const stored = await readEvidence(source);
  const listened = await hearAll(storm, { listeners, events: stored.events });
  return {
    ...stored,
    ...{ posted: posting.accepted, accepted: staff.replies, commits: watch.commits, listened, endedAtMs },
    ...{ assignment: assignmentTerms, service: serviceTerms },
  };
}

const hearingMs = 60_000;
/** A client that is further behind is not served all. */
const maxReplay = 90_000;

/** Waits until each client has the last event, beside two that were never cut and read all of it now. */
async function hearAll(
  { cluster, business, options }: Storm,
  { listeners, events }: { readonly listeners: readonly Listener[]; readonly events: StormFacts['events'] },
): Promise<readonly Listened[]> {
  const replayFrom = Math.max(0, events.length - maxReplay);
  const uncut = { apiUrls: cluster.apiUrls, seed: options.seed, unitMs: 0, replayFrom };
  const readers = [
    await startListener({ ...uncut, name: 'never cut, admin', account: business.admin, role: 'admin' }),
    await startListener({ ...uncut, name: 'never cut, agent', account: business.watcher, role: 'agent' }),
  ];
  for (const listener of listeners) listener.calm();
  const all = [...listeners, ...readers];
  const last = events.filter(({ audience }) => audience === 'everyone').at(-1)?.seq ?? 0;
  await waitFor(async () => (all.every((one) => one.position() >= last) ? true : null), {
    ...{ error: 'some client stays behind', timeoutMs: hearingMs, pollMs: 100 },
  }).catch(() => undefined);
  for (const listener of all) await listener.stop();
  return all.map((listener) => listener.heard());
}
