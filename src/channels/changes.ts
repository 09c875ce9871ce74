import type { Types } from 'mongoose';
import { createResource, type Change, type Resource } from '../audit/resource.ts';
import type { AuditService } from '../audit/service.ts';
import { type Recorded, writtenTo } from '../audit/written.ts';
import type { NewEvent } from '../events/declare.ts';
import type { GateOpenings } from '../openings/openings.ts';
import type { Logger } from '../platform/logger.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { applyChange, effectiveChange, type Change as Patch } from '../platform/update.ts';
import { isVerified } from './ownership/rules.ts';
import { gatesOpened } from './rules.ts';
import type { ChannelDirectory } from './directory.ts';
import type { ChannelChange, ChannelDoc, ChannelRepository } from './store/repository.ts';

export interface ChannelChangeDeps {
  readonly channels: ChannelRepository;
  readonly directory: Pick<ChannelDirectory, 'forget'>;
  readonly audit: AuditService;
  readonly openings: GateOpenings;
}

/** Records each gate that a change opens in the transaction of the change, so that its held messages are released. */
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
    eventOf: channelEventOf,
    async afterChange(scope, { before, after }, session) {
      for (const gate of gatesOpened(before, after))
        await openings.opened(scope, { gate, channelId: after._id }, session);
    },
    forget: directory.forget,
  });

/** The live event of a write. */
function channelEventOf(written: Recorded<ChannelDoc>): NewEvent {
  const { verb, doc, version } = writtenTo(written);
  return {
    type: `channel.${verb}`,
    entity: { type: 'channel', id: doc._id },
    version,
    view: { state: doc.state, isVerified: isVerified(doc), isRestricted: doc.restriction !== undefined },
  };
}

/** Includes the credentials: the audit stores the fact of their change, not their values. */
function auditedFieldsOf(channel: ChannelDoc): Readonly<Record<string, unknown>> {
  const { _id, clientId: _clientId, createdAt: _createdAt, look: _look, place: _place, ...fields } = channel;
  return fields;
}

/** A change decided on the stored channel; null changes nothing. */
export const channelChange = (
  action: string,
  decide: (current: ChannelDoc) => ChannelChange | null,
): Change<ChannelDoc> => ({
  action,
  decide: (current) => applyChange(current, decide(current) ?? {}),
});

/** Whether both have the same token: an answer of the provider holds only for the token that it was asked with. */
export const hasSameToken = (
  { accessToken: one }: Pick<ChannelDoc, 'accessToken'>,
  { accessToken: other }: Pick<ChannelDoc, 'accessToken'>,
): boolean => one.iv === other.iv && one.data === other.data;

type Checked = Pick<
  ChannelDoc,
  | 'verification'
  | 'ownership'
  | 'messagingLimit'
  | 'messagingLimitAt'
  | 'portfolioId'
  | 'throughput'
  | 'sendsPerSecond'
>;

/** Whether a check of a verified channel found nothing new but its time, so that it is no change of the channel. */
export function isConfirmation(current: ChannelDoc, change: Patch<Checked, keyof Checked>): boolean {
  if (!isVerified(current)) return false;
  const { messagingLimitAt: _at, ...untimed } = { ...change, ...withoutTimes(change) };
  return Object.keys(effectiveChange({ ...current, ...withoutTimes(current) }, untimed)).length === 0;
}

/** The fields of a check that name its time, without it. */
const withoutTimes = ({ verification, ownership }: Patch<Checked, 'verification' | 'ownership'>) => ({
  ...(verification === undefined || verification === null
    ? {}
    : { verification: { ...verification, at: new Date(0) } }),
  ...(ownership === undefined || ownership === null
    ? {}
    : { ownership: { ...ownership, checkedAt: new Date(0) } }),
});

interface SystemChange {
  readonly action: string;
  readonly decide: (current: ChannelDoc) => ChannelChange | null;
}

export interface SystemChangeDeps extends ChannelChangeDeps {
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Changes channels on behalf of the system. A null decision or a deleted channel changes nothing. */
export function createSystemChanges(deps: SystemChangeDeps) {
  const resource = createChannelResource(deps);
  return async (scope: ClientScope, id: Types.ObjectId, { action, decide }: SystemChange): Promise<void> => {
    let before: ChannelDoc | undefined;
    const noted = (current: ChannelDoc): ChannelChange | null => {
      before = current;
      return decide(current);
    };
    const after = await resource.changeIfExists(scope, { type: 'system' }, id, channelChange(action, noted));
    if (before !== undefined && after !== null) logChange(deps.logger, { action, before, after });
  };
}

/** On-call looks for the moment at which the product stopped a channel, and for what ended it. */
function logChange(
  logger: SystemChangeDeps['logger'],
  { action, before, after }: { action: string; before: ChannelDoc; after: ChannelDoc },
): void {
  const isSame = before.state === after.state && isVerified(before) === isVerified(after);
  if (isSame) return;
  const fields = {
    action,
    clientId: after.clientId,
    channelId: after._id,
    state: after.state,
    isVerified: isVerified(after),
    class: after.pause?.class ?? null,
    code: after.pause?.code ?? null,
  };
  if (after.state === 'active' && isVerified(after)) logger.info(fields, 'channel can send again');
  else logger.warn(fields, 'channel stopped by the product');
}
