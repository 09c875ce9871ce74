import { auditLoops } from '../audit/loops.ts';
import { channelLoops } from '../channels/loops.ts';
import { eventLoops } from '../events/loops.ts';
import { mediaEventLoops, mediaLoops } from '../inbox/media/loops.ts';
import { mailLoops } from '../mail/loops.ts';
import { peopleLoops } from '../people/loops.ts';
import type { Clock } from '../platform/clock.ts';
import {
  createLoops,
  type LoopDefinition,
  type LoopObserver,
  type LoopTable,
  once,
  type RunnableLoop,
} from '../platform/loop.ts';
import type { ProcessName } from '../platform/metrics.ts';
import { combineTables } from '../platform/registry.ts';
import { rateLoops } from '../rates/loops.ts';
import { assignmentLoops } from '../inbox/assignment/loops.ts';
import { conversationEventLoops } from '../inbox/loops.ts';
import { messageEventLoops, sendingLoops } from '../sending/loops.ts';
import { templateLoops } from '../templates/loops.ts';
import { timerLoops } from '../timers/loops.ts';
import { webhookLoops } from '../webhooks/loops.ts';
import type { CrmMetrics } from './instruments.ts';

const measureLoops = {
  measure: {
    process: 'worker',
    does: 'measures the gauges that come from the database, at the usual scrape interval of Prometheus',
    idleMs: 15_000,
    maxIdleMs: 15_000,
    lease: 'none: every worker measures the same values',
  },
} as const satisfies LoopTable;

const dependencyLoopIn = (process: ProcessName) =>
  ({
    process,
    does: 'checks MongoDB, Temporal and the migrations, as /readyz does, for the metrics',
    idleMs: 15_000,
    maxIdleMs: 15_000,
    lease: 'none: each process measures its own connections',
  }) satisfies LoopDefinition;

const dependencyLoops = {
  'api-dependencies': dependencyLoopIn('api'),
  'worker-dependencies': dependencyLoopIn('worker'),
} as const satisfies LoopTable;

export const measureLoop = (measure: { measureOnce(): Promise<void> }): readonly RunnableLoop[] =>
  createLoops(measureLoops, { measure: once(() => measure.measureOnce()) });

/** The loop of `createDependencyWatch` in one process. */
export const dependencyLoop = (process: ProcessName, watch: () => Promise<void>): readonly RunnableLoop[] => {
  const name = `${process}-dependencies` as const;
  const { idleMs, maxIdleMs } = dependencyLoops[name];
  return [{ name, idleMs, maxIdleMs, step: once(watch) }];
};

/** Every long loop of the product; docs/loops.md is generated from it. */
export const loopTable = (sweepIntervalMs: number): LoopTable =>
  combineTables(
    webhookLoops,
    sendingLoops(sweepIntervalMs),
    templateLoops,
    channelLoops,
    peopleLoops,
    rateLoops,
    timerLoops,
    auditLoops,
    mediaLoops,
    assignmentLoops,
    mailLoops,
    eventLoops,
    messageEventLoops,
    conversationEventLoops,
    mediaEventLoops,
    measureLoops,
    dependencyLoops,
  );

/** Measures the loops of this process: when each ended its last round, and how many failed in a row. */
export function observeLoops({ instruments }: CrmMetrics, clock: Clock): LoopObserver {
  const endedAt = new Map<string, number>();
  const failedRounds = new Map<string, number>();
  const gaugeOf = (values: ReadonlyMap<string, number>) =>
    Array.from(values, ([loop, value]) => ({ labels: { loop }, value }));
  const note = (loop: string, failed: number): void => {
    endedAt.set(loop, clock.now().getTime() / 1_000);
    failedRounds.set(loop, failed);
    instruments.loopRoundEnded.replace(gaugeOf(endedAt));
    instruments.loopFailedRounds.replace(gaugeOf(failedRounds));
  };
  return {
    started: (loop) => note(loop, 0),
    roundEnded: (loop, outcome) => note(loop, outcome === 'done' ? 0 : (failedRounds.get(loop) ?? 0) + 1),
  };
}
