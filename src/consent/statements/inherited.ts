import type { ClientSession, Types } from 'mongoose';
import { decidingEntryOf } from '../../people/contacts/consent.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TimerHandlers, Timers } from '../../timers/timers.ts';
import { assertThrough } from './inbound.ts';
import { reachOf } from './reach.ts';
import { applyStop, isStopped, processorLimits, type ConsentDeps, type StopKind } from './statements.ts';

/** One for each contact. */
export const inheritedStopTimer = 'consent.inherited-stop';

/** Arms the timer of a contact that has become opted out by what another contact of the person said. */
export const createInheritedStops =
  ({ timers, clock }: { readonly timers: Pick<Timers, 'arm'>; readonly clock: Clock }) =>
  async (scope: ClientScope, subjectId: Types.ObjectId, session: ClientSession): Promise<void> => {
    await timers.arm(scope, { kind: inheritedStopTimer, subjectId, dueAt: clock.now() }, session);
  };

/**
 * Cancels the waiting messages of these contacts, as the stop itself did elsewhere. Repeated until no call is in progress.
 * `onCanceled` gets the number of messages that an inherited stop has canceled.
 */
export const createInheritedStopHandlers = (
  deps: ConsentDeps,
  onCanceled: (canceledCount: number) => void,
): TimerHandlers => ({
  async [inheritedStopTimer]({ scope, subjectId }) {
    for (const kind of ['opted-out', 'marketing-stopped'] as const)
      onCanceled(await applyInherited(deps, scope, { contactId: subjectId, kind }));
  },
});

/** Returns how many messages it canceled. */
async function applyInherited(
  deps: ConsentDeps,
  scope: ClientScope,
  { contactId, kind }: { readonly contactId: Types.ObjectId; readonly kind: StopKind },
): Promise<number> {
  const { contacts, messages } = deps;
  const record = await contacts.findRecord(scope, contactId);
  if (record === null || !isStopped(record, kind)) return 0;
  const entry = decidingEntryOf(record.consentLog, kind === 'marketing-stopped');
  if (entry?.eventId === undefined) return 0;
  const { eventId, source, storedAt = record.updatedAt } = entry;
  const reach = await reachOf(contacts, scope, record);
  const canceledCount = async () => (await messages.findWithdrawn(scope, eventId)).canceled.length;
  const before = await canceledCount();
  const stop = { scope, contactId, kind, eventId, source, storedAt, reach, provedFor: [contactId] };
  assertThrough(await applyStop(deps, { ...stop, inheritedFrom: entry.at }, processorLimits));
  return (await canceledCount()) - before;
}
