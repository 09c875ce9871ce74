import assert from 'node:assert/strict';
import { newSecret } from '../../../src/platform/ids.ts';
import type { TestApi } from '../api.ts';
import type { CrmUser } from '../crm-client.ts';
import { postSigned } from '../meta.ts';
import type { TestProcessor } from '../processor.ts';
import { readPeople, type PersonAnswers } from './answers.ts';
import { bodiesOf, type Payload } from './cases.ts';
import { isAmong, isShown, leavesOfBody, readHiddenPaths, shownIn } from './leaves.ts';

/** A payload as it was posted. */
export interface Posted {
  readonly payload: Payload;
  readonly bodies: readonly string[];
  /** When the run began. */
  readonly since: number;
}

export interface CorpusRun {
  readonly user: CrmUser;
  readonly posted: readonly Posted[];
  readonly people: readonly PersonAnswers[];
}

interface RunOptions {
  readonly api: TestApi;
  readonly processor: TestProcessor;
  readonly payloads: readonly Payload[];
  /** The app secret of the API. */
  readonly secret: string;
  /** The time of the first message, in epoch seconds. */
  readonly firstAt: number;
  /** Changes each body before it is posted; the mark is different for each. */
  readonly change?: (body: string, mark: string) => string;
  /** The order and repetition of the bodies. */
  readonly arrange: (bodies: readonly string[]) => readonly string[];
}

/** Posts a corpus to a new client through the webhook, processes it, and reads everything back. */
export async function runCorpus({
  api,
  processor,
  payloads,
  secret,
  firstAt: now,
  change = (body) => body,
  arrange,
}: RunOptions): Promise<CorpusRun> {
  const user = await api.signUp();
  const run = newSecret(6).replaceAll(/\W/g, 'x');
  const since = Date.now();
  const ids = { phoneNumberId: user.phoneNumberId, wabaId: `sandbox-${user.clientId}` };
  const posted = payloads.map((payload, index) => ({
    ...{ payload, since },
    bodies: bodiesOf(payload, { ...ids, index, run, now }).map((body, step) =>
      change(body, `${index}_${step}`),
    ),
  }));
  for (const body of arrange(posted.flatMap(({ bodies }) => bodies))) {
    const { status } = await postSigned(`${api.url}/webhook/incoming`, body, secret);
    assert.equal(status, 200);
  }
  await processor.drain();
  return { user, posted, people: await readPeople(user) };
}

/**
 * The leaves that no answer shows and that the docs do not list, one line each. `answersOf` gives the answers that may
 * show a payload.
 */
export function silentLeavesOf(
  posted: readonly Posted[],
  answersOf: (bodies: readonly string[]) => unknown,
): string[] {
  const hidden = readHiddenPaths();
  return posted.flatMap(({ payload, bodies }) => {
    if (payload.isGarbage) return [];
    const shown = shownIn(answersOf(bodies));
    return bodies
      .flatMap(leavesOfBody)
      .filter((leaf) => !isAmong(leaf.path, hidden) && !isShown(leaf, shown))
      .map(({ path, value }) => `${payload.name}: ${path} = ${String(value).slice(0, 60)}`);
  });
}

/** The bodies of dead letters, sorted. */
export async function deadBodies(api: TestApi): Promise<string[]> {
  const dead = await api.collection('webhook_events').find({ status: 'dead' }).toArray();
  return dead.map(({ body }) => String(body)).toSorted();
}

/** A shuffle with a seed, so that a failure can be repeated. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Ids, and times of arrival, differ from run to run. */
const unstable = new Set([
  ...['id', 'contactId', 'conversationId', 'channelId', 'leadId', 'clientId', 'providerMessageId', 'eventId'],
  ...['createdAt', 'updatedAt', 'repliesTo', 'messageId', 'version', 'statusHistory'],
]);

/** Of these ids only counts whether there is one. */
const optionalIds = new Set(['fileId', 'mediaId']);

const windowMs = 24 * 60 * 60_000 - 60_000;

/** What can be compared of two runs: without ids, and with times of arrival, or a window after them, as `now`. */
export function outlineOf(answers: unknown, { bodies, since }: Posted): unknown {
  const run = /"wamid\.(\w+)\.\d/.exec(bodies.join(''))?.[1] ?? 'none';
  const isArrival = (ms: number) => ms >= since && ms <= Date.now();
  const outline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(outline);
    if (typeof value === 'string') {
      const ms = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
      return isArrival(ms) || isArrival(ms - windowMs) ? 'now' : value.replaceAll(run, 'run');
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, part]) => {
        if (unstable.has(key)) return [];
        return [[key, optionalIds.has(key) ? part !== null : outline(part)]];
      }),
    );
  };
  return outline(answers);
}
