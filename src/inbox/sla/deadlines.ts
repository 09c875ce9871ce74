import type { ClientSession } from 'mongoose';
import type { Clock as TimeSource } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { BusinessHoursReader } from '../business-hours/reader.ts';
import {
  cycleOf,
  type Awaiting,
  type ConversationDeadlines,
  type Deadline,
} from '../conversations/deadlines.ts';
import type { ConversationDoc } from '../conversations/threads.ts';
import { pausesAfter, isLive, judge } from './clocks/clock.ts';
import type { SlaClockDoc, SlaClockRepository } from './clocks/repository.ts';
import { judgeResponses, placeMessage, unansweredRest } from './clocks/responses.ts';
import type { Course } from './clocks/schedule.ts';
import type { ClockStore } from './clocks/store.ts';
import { refresh, scheduleBy, versionsOf, type Current } from './clocks/terms.ts';
import type { SlaPolicyDoc, SlaPolicyRepository } from './policies/repository.ts';
import { kindOfResponse, policyFor } from './policies/rules.ts';

export interface DeadlineDeps {
  readonly policies: Pick<SlaPolicyRepository, 'list' | 'findById'>;
  readonly hours: Pick<BusinessHoursReader, 'find'>;
  readonly clocks: SlaClockRepository;
  readonly store: ClockStore;
  readonly time: TimeSource;
}

/** The deadlines that the service levels of a business set for its conversations. */
export function createDeadlines(deps: DeadlineDeps): ConversationDeadlines {
  const { policies, clocks } = deps;
  return {
    async awaitAnswer(scope, awaiting, session) {
      const { conversation } = awaiting;
      const policy = policyFor(await policies.list(scope, session), conversation);
      if (policy === null) return;
      const current = await withHours(deps, scope, policy, session);
      await beginWait(deps, scope, { awaiting, current }, session);
      await beginResolution(deps, scope, { conversation, at: awaiting.at, current }, session);
    },

    async followStatus(scope, { before, after, at }, session) {
      if (before.status === after.status) return;
      if (after.status === 'closed') return stop(deps, scope, { conversation: after, at }, session);
      if (before.status !== 'closed') return pauseOrResume(deps, scope, { conversation: after, at }, session);
      const policy = policyFor(await policies.list(scope, session), after);
      if (policy === null) return;
      const current = await withHours(deps, scope, policy, session);
      await beginResolution(deps, scope, { conversation: after, at, current }, session);
    },

    async ofConversations(scope, conversations) {
      const cycles = new Map(conversations.map((one) => [one._id.toHexString(), cycleOf(one)]));
      const shown = await clocks.findShown(
        scope,
        conversations.map(({ _id }) => _id),
      );
      const found = new Map<string, Deadline[]>();
      for (const clock of shown) {
        const id = clock.conversationId.toHexString();
        const deadline = toDeadline(clock);
        if (deadline !== null && cycles.get(id) === clock.cycle)
          found.set(id, [...(found.get(id) ?? []), deadline]);
      }
      return found;
    },
  };
}

function toDeadline({ kind, dueAt, state }: Pick<SlaClockDoc, 'kind' | 'dueAt' | 'state'>): Deadline | null {
  return state === 'void' ? null : { kind, dueAt, state };
}

const withHours = async (
  { hours }: Pick<DeadlineDeps, 'hours'>,
  scope: ClientScope,
  policy: SlaPolicyDoc | null,
  session: ClientSession,
): Promise<Current> => ({
  policy,
  hours:
    policy?.businessHoursId === undefined ? null : await hours.find(scope, policy.businessHoursId, session),
});

/** The policy of a clock as it is now. */
export const currentOf = async (
  deps: Pick<DeadlineDeps, 'policies' | 'hours'>,
  scope: ClientScope,
  policyId: SlaClockDoc['policyId'],
  session: ClientSession,
): Promise<Current> =>
  withHours(deps, scope, await deps.policies.findById(scope, policyId, session), session);

/** A message of the contact begins a wait for an answer, or belongs to the one that there is. */
async function beginWait(
  deps: DeadlineDeps,
  scope: ClientScope,
  { awaiting, current }: { readonly awaiting: Awaiting; readonly current: Current },
  session: ClientSession,
): Promise<void> {
  const { conversation, at, isFirst } = awaiting;
  const cycle = cycleOf(conversation);
  const rounds = await deps.clocks.findResponses(scope, { conversationId: conversation._id, cycle }, session);
  const placement = placeMessage(rounds, at);
  if (placement.kind === 'nothing') return;
  if (placement.kind === 'joins')
    return join(deps, scope, { clock: placement.round, asks: placement.asks }, session);
  // A conversation that began with what awaits no answer, or that nobody answered before there were service levels.
  const isUnanswered = rounds.length === 0 && cycle === 1 && (conversation.turns ?? 0) === 0;
  if (current.policy === null) return;
  const kind = kindOfResponse(current.policy, isFirst || isUnanswered);
  if (kind === null) return;
  const wait = { conversationId: conversation._id, cycle, kind, round: placement.number, asks: [at] };
  await begin(deps, scope, { ...wait, current, course: { startedAt: at, pauses: [] } }, session);
}

/** A message belongs to a wait, and may have been written before the one with which it began. */
async function join(
  deps: DeadlineDeps,
  scope: ClientScope,
  { clock, asks }: { readonly clock: SlaClockDoc; readonly asks: readonly Date[] },
  session: ClientSession,
): Promise<void> {
  const [startedAt = clock.startedAt] = asks;
  if (startedAt >= clock.startedAt || clock.state !== 'running')
    return deps.store.write(scope, { before: clock, after: { ...clock, asks } }, session);
  const current = await currentOf(deps, scope, clock.policyId, session);
  const earlier = refresh({ ...clock, asks, startedAt }, current, deps.time.now());
  const after = { ...earlier, lateArrival: earlier.breachedAt !== null };
  await deps.store.write(scope, { before: clock, after }, session);
}

/** Begins the wait for an answer to messages that were written after the answer that becomes known now. */
export async function beginRest(
  deps: DeadlineDeps,
  scope: ClientScope,
  { rounds, before }: { readonly rounds: readonly SlaClockDoc[]; readonly before: SlaClockDoc },
  session: ClientSession,
): Promise<void> {
  const rest = unansweredRest(rounds);
  if (rest === null) return;
  const current = await currentOf(deps, scope, before.policyId, session);
  const kind = current.policy === null ? null : kindOfResponse(current.policy, false);
  const [startedAt] = rest.asks;
  if (kind === null || startedAt === undefined) return;
  const { conversationId, cycle } = before;
  const wait = { conversationId, cycle, kind, round: rest.number, asks: rest.asks, current };
  await begin(deps, scope, { ...wait, course: { startedAt, pauses: [] } }, session);
}

interface Resolution {
  readonly conversation: ConversationDoc;
  readonly at: Date;
  readonly current: Current;
}

async function beginResolution(
  deps: DeadlineDeps,
  scope: ClientScope,
  { conversation, at, current }: Resolution,
  session: ClientSession,
): Promise<void> {
  if (current.policy?.resolutionSeconds === undefined) return;
  const place = { conversationId: conversation._id, cycle: cycleOf(conversation) };
  if ((await deps.clocks.findResolution(scope, place, session)) !== null) return;
  const pauses = conversation.status === 'pending' ? pausesAfter([], 'pause', at) : [];
  const begun = { ...place, kind: 'resolution', round: 1, asks: [], current } as const;
  await begin(deps, scope, { ...begun, course: { startedAt: at, pauses } }, session);
}

type Beginning = Pick<SlaClockDoc, 'conversationId' | 'cycle' | 'kind' | 'round' | 'asks'> & {
  readonly current: Current;
  readonly course: Course;
};

async function begin(
  { store, time }: DeadlineDeps,
  scope: ClientScope,
  { current, course, ...place }: Beginning,
  session: ClientSession,
): Promise<void> {
  const schedule = scheduleBy(current, place.kind, course);
  if (schedule === null || current.policy === null) return;
  const terms = { policyId: current.policy._id, ...versionsOf(current) };
  const facts = { ...course, ...schedule, answers: [], stoppedAt: null };
  const fresh = { _id: newId(), ...scope, ...place, ...terms, ...facts, createdAt: time.now() };
  await store.start(scope, fresh, session);
}

interface StatusChange {
  readonly conversation: ConversationDoc;
  readonly at: Date;
}

/** A closed conversation waits for nothing: its resolution is met, and an answer that it still owes is void. */
async function stop(
  { clocks, store, time }: DeadlineDeps,
  scope: ClientScope,
  { conversation, at }: StatusChange,
  session: ClientSession,
): Promise<void> {
  const place = { conversationId: conversation._id, cycle: cycleOf(conversation) };
  const now = time.now();
  const rounds = await clocks.findResponses(scope, place, session);
  const last = rounds.reduce<SlaClockDoc | null>((a, b) => (a === null || b.round > a.round ? b : a), null);
  const stopped = rounds.map((round) => (round === last ? { ...round, stoppedAt: at } : round));
  await writeJudged({ store }, scope, { rounds, judged: judgeResponses(stopped, now) }, session);
  const resolution = await clocks.findResolution(scope, place, session);
  if (resolution === null || resolution.stoppedAt !== null) return;
  const after = judge({ ...resolution, stoppedAt: at }, { at, as: 'met' }, now);
  await store.write(scope, { before: resolution, after }, session);
}

/** Writes the waits that changed; views show the latest one of each kind that counts. */
export async function writeJudged(
  { store }: Pick<DeadlineDeps, 'store'>,
  scope: ClientScope,
  { rounds, judged }: { readonly rounds: readonly SlaClockDoc[]; readonly judged: readonly SlaClockDoc[] },
  session: ClientSession,
): Promise<void> {
  for (const after of showLatest(judged)) {
    const before = rounds.find(({ _id }) => _id.equals(after._id));
    if (before !== undefined) await store.write(scope, { before, after }, session);
  }
}

function showLatest(rounds: readonly SlaClockDoc[]): readonly SlaClockDoc[] {
  const latest = new Map<SlaClockDoc['kind'], number>();
  for (const { kind, round, state } of rounds)
    if (state !== 'void') latest.set(kind, Math.max(round, latest.get(kind) ?? 0));
  return rounds.map((clock) => {
    const isShown = latest.get(clock.kind) === clock.round;
    if (isShown === (clock.isShown ?? false)) return clock;
    const { isShown: _before, ...rest } = clock;
    return isShown ? { ...rest, isShown } : rest;
  });
}

/** A resolution pauses while the conversation is set aside; answers are awaited all the same. */
async function pauseOrResume(
  deps: DeadlineDeps,
  scope: ClientScope,
  { conversation, at }: StatusChange,
  session: ClientSession,
): Promise<void> {
  const place = { conversationId: conversation._id, cycle: cycleOf(conversation) };
  const clock = await deps.clocks.findResolution(scope, place, session);
  if (clock === null || !isLive(clock)) return;
  const pauses = pausesAfter(clock.pauses, conversation.status === 'pending' ? 'pause' : 'resume', at);
  if (pauses === clock.pauses) return;
  const current = await currentOf(deps, scope, clock.policyId, session);
  const after = refresh({ ...clock, pauses }, current, deps.time.now());
  await deps.store.write(scope, { before: clock, after }, session);
}
