import type { ClientSession, Types } from 'mongoose';
import type { AuditedWrite, AuditService } from '../audit/service.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { differing } from '../platform/update.ts';
import { gatesOpened } from './rules.ts';
import type { ChannelService } from './service.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';

/** Credentials are among the fields; the audit writes down only that they changed. */
export function auditOf(action: string, before: ChannelDoc | null, after: ChannelDoc | null): AuditedWrite {
  const id = (after ?? before)?._id;
  if (id === undefined) throw new Error('A write is about something.');
  return { action, target: { type: 'channel', id }, before: fieldsOf(before), after: fieldsOf(after) };
}

function fieldsOf(channel: ChannelDoc | null): Readonly<Record<string, unknown>> | null {
  if (channel === null) return null;
  const { _id, clientId: _clientId, createdAt: _createdAt, look: _look, ...fields } = channel;
  return fields;
}

interface Write {
  readonly before: ChannelDoc;
  readonly after: ChannelDoc;
}

/** What waits behind a gate that a change of the channel has opened is told in the change's transaction. */
export async function noteOpenings(
  openings: GateOpenings,
  scope: ClientScope,
  { before, after }: Write,
  session: ClientSession,
): Promise<void> {
  for (const gate of gatesOpened(before, after)) {
    await openings.opened(scope, { gate, channelId: after._id }, session);
  }
}

export interface SystemChangeDeps {
  readonly channels: ChannelRepository;
  readonly service: Pick<ChannelService, 'forget'>;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
}

interface SystemChange {
  readonly action: string;
  readonly decide: (current: ChannelDoc) => ChannelChange | null;
}

/** Makes changes that the product decides; nothing happens when it is so already. */
export const createSystemChanges =
  ({ channels, service, audit, openings }: SystemChangeDeps) =>
  async (scope: ClientScope, id: Types.ObjectId, { action, decide }: SystemChange): Promise<void> => {
    const changed = await audit.audited(scope, { type: 'system' }, async (session) => {
      const before = await channels.findById(scope, id, session);
      const wanted = before === null ? null : decide(before);
      if (before === null || wanted === null) return { result: null, write: null };
      const changes = differing(before, wanted);
      if (Object.keys(changes).length === 0) return { result: null, write: null };
      const after = await channels.update(scope, before, changes, session);
      if (after === null) throw new Error('The channel was changed at the same moment.');
      await noteOpenings(openings, scope, { before, after }, session);
      return { result: after, write: auditOf(action, before, after) };
    });
    if (changed !== null) service.forget(changed);
  };
