import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import type { MessageActivityDeps } from '../../activities/messages.ts';
import type { DispatchResult } from '../../src/sending/messages/contract.ts';
import type { MessageStatus } from '../../src/sending/messages/lifecycle.ts';
import {
  runActivity,
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

/** The steps of one attempt that can fail, or that can be the last before its worker dies. */
type Step =
  | 'findById'
  | 'read'
  | 'reservePair'
  | 'acquire'
  | 'claim'
  | 'readFresh'
  | 'send'
  | 'afterRefusal'
  | 'returnClaim'
  | 'recordOutcome'
  | 'moveUp'
  | 'note';

/**
 * `failed`: the step throws, before or after it took effect. `crashed`: the worker dies at the step; its attempt
 * never reports again, and another worker starts the next one. `away`: the step fails for longer than an attempt
 * retries it.
 */
type Anomaly = 'failed-before' | 'failed-after' | 'crashed-before' | 'crashed-after' | 'away';

interface Row {
  readonly step: Step;
  readonly anomaly: Anomaly;
  readonly status: MessageStatus;
  /** Calls that the provider has seen; at most one of them may be accepted. */
  readonly calls: number;
}

/** The provider accepts the first call. */
const acceptedAtOnce: readonly Row[] = [
  { step: 'findById', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'findById', anomaly: 'crashed-before', status: 'sent', calls: 1 },
  { step: 'findById', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'read', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'read', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'reservePair', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'reservePair', anomaly: 'failed-after', status: 'sent', calls: 1 },
  { step: 'reservePair', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'acquire', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'acquire', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'claim', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'claim', anomaly: 'failed-after', status: 'sent', calls: 1 },
  { step: 'claim', anomaly: 'crashed-before', status: 'sent', calls: 1 },
  { step: 'claim', anomaly: 'crashed-after', status: 'unknown', calls: 0 },
  { step: 'readFresh', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'readFresh', anomaly: 'failed-after', status: 'sent', calls: 1 },
  { step: 'readFresh', anomaly: 'crashed-before', status: 'unknown', calls: 0 },
  { step: 'readFresh', anomaly: 'crashed-after', status: 'unknown', calls: 0 },
  { step: 'readFresh', anomaly: 'away', status: 'sent', calls: 1 },
  { step: 'send', anomaly: 'failed-before', status: 'unknown', calls: 0 },
  { step: 'send', anomaly: 'failed-after', status: 'unknown', calls: 1 },
  { step: 'send', anomaly: 'crashed-before', status: 'unknown', calls: 0 },
  { step: 'send', anomaly: 'crashed-after', status: 'unknown', calls: 1 },
  { step: 'recordOutcome', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'recordOutcome', anomaly: 'failed-after', status: 'sent', calls: 1 },
  { step: 'recordOutcome', anomaly: 'crashed-before', status: 'unknown', calls: 1 },
  { step: 'recordOutcome', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'recordOutcome', anomaly: 'away', status: 'sent', calls: 1 },
  { step: 'moveUp', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'moveUp', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'moveUp', anomaly: 'away', status: 'sent', calls: 1 },
  { step: 'note', anomaly: 'failed-before', status: 'sent', calls: 1 },
  { step: 'note', anomaly: 'failed-after', status: 'sent', calls: 1 },
  { step: 'note', anomaly: 'crashed-before', status: 'sent', calls: 1 },
  { step: 'note', anomaly: 'crashed-after', status: 'sent', calls: 1 },
  { step: 'note', anomaly: 'away', status: 'sent', calls: 1 },
];

/** The provider refuses twice before it accepts: only here may there be more than one call. */
const refusedTwice: readonly Row[] = [
  { step: 'claim', anomaly: 'failed-after', status: 'sent', calls: 3 },
  { step: 'send', anomaly: 'crashed-after', status: 'unknown', calls: 1 },
  { step: 'afterRefusal', anomaly: 'failed-before', status: 'sent', calls: 3 },
  { step: 'afterRefusal', anomaly: 'crashed-after', status: 'unknown', calls: 1 },
  { step: 'returnClaim', anomaly: 'failed-before', status: 'sent', calls: 3 },
  { step: 'returnClaim', anomaly: 'failed-after', status: 'sent', calls: 3 },
  { step: 'returnClaim', anomaly: 'crashed-before', status: 'unknown', calls: 1 },
  { step: 'returnClaim', anomaly: 'crashed-after', status: 'sent', calls: 3 },
  { step: 'returnClaim', anomaly: 'away', status: 'unknown', calls: 1 },
];

/** Refused permanently: the failure must not be lost either. */
const refusedForEver: readonly Row[] = [
  { step: 'recordOutcome', anomaly: 'failed-before', status: 'failed', calls: 1 },
  { step: 'recordOutcome', anomaly: 'crashed-after', status: 'failed', calls: 1 },
];

/** Longer than an attempt retries; the workflow's own activity comes after it. */
const awayMs = 5_600;

const isLastLook = ([, , options]: readonly unknown[]): boolean =>
  typeof options === 'object' && options !== null && 'known' in options;

/** The dependencies of one worker in which the anomaly happens once; `crashed` resolves when the worker is dead. */
function withAnomaly(deps: MessageActivityDeps, { step, anomaly }: Row) {
  let die = (): void => undefined;
  const crashed = new Promise<'crashed'>((resolve) => (die = () => resolve('crashed')));
  let backAtMs: number | null = null;
  let hasHappened = false;
  let hits = 0;

  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    hits += 1;
    backAtMs ??= performance.now() + awayMs;
    const isNow = anomaly === 'away' ? performance.now() < backAtMs : !hasHappened;
    if (!isNow) return work();
    hasHappened = true;
    if (anomaly.endsWith('-after')) await work();
    if (!anomaly.startsWith('crashed')) throw new Error('the connection was lost');
    die();
    return new Promise<T>(() => undefined);
  };
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (name !== step || typeof value !== 'function') return value;
        return (...args: readonly unknown[]) =>
          // A message that waits at a gate is read before the claim too; the table is about the look before the call.
          step === 'readFresh' && !isLastLook(args)
            ? Reflect.apply(value, object, args)
            : around(() => Reflect.apply(value, object, args) as Promise<unknown>);
      },
    });
  const { messages, facts, rates, conversations, answers, effects, gateway } = deps;
  return {
    deps: {
      ...deps,
      messages: wrap(messages),
      facts: wrap(facts),
      rates: wrap(rates),
      conversations: wrap(conversations),
      answers: wrap(answers),
      effects: wrap(effects),
      gateway: wrap(gateway),
    },
    crashed,
    hits: () => hits,
  };
}

/** Runs attempts like the server: one after another, until one returns or fails permanently. */
async function runAttempts(faulty: ReturnType<typeof withAnomaly>, given: Sendable): Promise<DispatchResult> {
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    const ended = await Promise.race([runDispatch(faulty.deps, given), faulty.crashed]).catch(
      (error: unknown) => {
        if (error instanceof ApplicationFailure && error.nonRetryable === true) throw error;
        return 'failed' as const;
      },
    );
    if (ended === 'crashed') return runDispatchUntilEnd(faulty.deps, given);
    if (ended !== 'failed') return ended;
  }
  return assert.fail('the attempts never end');
}

/** The server after the crash: the anomaly is over. */
async function runDispatchUntilEnd(deps: MessageActivityDeps, given: Sendable): Promise<DispatchResult> {
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    const result = await runDispatch(deps, given).catch(() => null);
    if (result !== null) return result;
  }
  return assert.fail('the attempts never end after the crash');
}

describe('dispatch › anomalies', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  async function play(row: Row, to: string): Promise<void> {
    const given = await stage.sendable(to);
    const readClock = await stage.awaitAnswer(given);
    const faulty = withAnomaly(stage.deps, row);
    const result = await runAttempts(faulty, given);
    assert.ok(faulty.hits() > 0, 'the step was never reached');
    if (result.kind === 'dispatched' && !result.isRecorded) {
      // The workflow's reaction.
      const { outcome, attempt } = result;
      await runActivity(stage.deps, 'recordOutcome', { ...given.input, outcome, attempt });
    }
    const calls = await stage.callsFor(given);
    const acceptedCalls = calls.filter(({ wamid }) => wamid !== null);
    assert.ok(acceptedCalls.length <= 1, 'sent twice');
    assert.equal(calls.length, row.calls, 'calls of the provider');
    const stored = await stage.stored(given);
    assert.equal(stored.status, row.status);
    if (row.status === 'sent') assert.equal(stored.providerMessageId, acceptedCalls[0]?.wamid);
    if (row.status === 'failed') assert.equal(stored.failure?.code, '132001');
    // Whatever happened, a sent answer is told to the inbox, and nothing else is.
    const clock = await readClock();
    assert.equal(clock.state, row.status === 'sent' ? 'met' : 'running');
    assert.equal(clock.answers.length, row.status === 'sent' ? 1 : 0);
    if (row.anomaly === 'away' && row.step === 'recordOutcome') {
      assert.ok(result.kind === 'dispatched' && !result.isRecorded, 'the attempt claims to have stored it');
    }
  }

  const tables: readonly [string, string, readonly Row[]][] = [
    ['accepted at once', '+15550001101', acceptedAtOnce],
    ['refused twice, then accepted', '+15550001106', refusedTwice],
    ['refused permanently', '+15550001108', refusedForEver],
  ];
  for (const [name, to, rows] of tables) {
    describe(name, () => {
      for (const row of rows) {
        it(`${row.step} ${row.anomaly} › ${row.status} after ${row.calls} calls`, () => play(row, to));
      }
    });
  }
});
