import type { Types } from 'mongoose';
import { createResource, type Change, type Resource } from '../audit/resource.ts';
import type { AuditService } from '../audit/service.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { applyChange } from '../platform/update.ts';
import { gatesOpened } from './rules.ts';
import type { ChannelDirectory } from './directory.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';

export interface ChannelChangeDeps {
  readonly channels: ChannelRepository;
  readonly directory: Pick<ChannelDirectory, 'forget'>;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
}

/** A gate that a change opens is recorded in the transaction of the change, so that what it holds is released. */
export const createChannelResource = ({
  channels,
  directory,
  audit,
  openings,
}: ChannelChangeDeps): Resource<ChannelDoc> =>
  createResource<ChannelDoc>(audit, {
    type: 'channel',
    find: channels.findById,
    insert: channels.insert,
    replace: channels.replace,
    remove: channels.delete,
    auditedFieldsOf,
    async afterChange(scope, { before, after }, session) {
      for (const gate of gatesOpened(before, after))
        await openings.opened(scope, { gate, channelId: after._id }, session);
    },
    forget: directory.forget,
  });

/** Includes the credentials: the audit stores only that they changed. */
function auditedFieldsOf(channel: ChannelDoc): Readonly<Record<string, unknown>> {
  const { _id, clientId: _clientId, createdAt: _createdAt, look: _look, ...fields } = channel;
  return fields;
}

/** A change whose decision sees what is stored; null changes nothing. */
export const channelChange = (
  action: string,
  decide: (current: ChannelDoc) => ChannelChange | null,
): Change<ChannelDoc> => ({
  action,
  decide: (current) => applyChange(current, decide(current) ?? {}),
});

interface SystemChange {
  readonly action: string;
  readonly decide: (current: ChannelDoc) => ChannelChange | null;
}

/** Makes changes that the product decides; null, and a channel that is gone, change nothing. */
export function createSystemChanges(deps: ChannelChangeDeps) {
  const resource = createChannelResource(deps);
  return async (scope: ClientScope, id: Types.ObjectId, { action, decide }: SystemChange): Promise<void> => {
    await resource.changeIfThere(scope, { type: 'system' }, id, channelChange(action, decide));
  };
}
