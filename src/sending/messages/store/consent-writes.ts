import type { Types } from 'mongoose';
import type { Reach, Withdrawal, Withdrawn } from '../../../consent/statements/withdrawal.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ScopedFilter } from '../../../platform/tenant-queries.ts';
import { hasNotLeft, unsentStatuses } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

const ids = (found: readonly { readonly _id: Types.ObjectId }[]) => found.map(({ _id }) => _id);

/** The messages for a contact, to an address now, or to it at acceptance. One filter for each index. */
export const reachFilters = ({ contactIds, phoneNumbers, userIds }: Reach): ScopedFilter<MessageDoc>[] => [
  { contactId: { $in: [...contactIds] } },
  ...(phoneNumbers.length === 0
    ? []
    : [{ to: { $in: [...phoneNumbers] } }, { 'acceptedFor.to': { $in: [...phoneNumbers] } }]),
  ...(userIds.length === 0 ? [] : [{ recipientUserId: { $in: [...userIds] } }]),
];

/** Cancels waiting messages of a person. */
export const createConsentWrites = (messages: TenantCollection<MessageDoc>) => ({
  /**
   * Cancels every message within reach that has certainly not left. One pipeline update, which the server evaluates per
   * message, so that no message is canceled during a call and none is missed that a call releases. Messages in a call
   * are only marked with the statement. Idempotent; returns the messages in a call now.
   */
  async cancelWaiting(
    scope: ClientScope,
    reach: Reach,
    { statementId, reason, at, category, sparesAnswersSince: since }: Withdrawal,
  ): Promise<{ readonly calling: readonly Types.ObjectId[] }> {
    const waiting = {
      direction: 'outbound',
      status: { $in: [...unsentStatuses] },
      ...(category === undefined ? {} : { category }),
      ...(since === undefined ? {} : { $or: [{ afterOptOut: null }, { timestamp: { $lt: since } }] }),
    } as const;
    const entry = {
      key: `canceled:${at.getTime()}`,
      status: 'canceled',
      timestamp: at,
      raw: { reason },
    } as const;
    const unlessCalling = (canceled: unknown, asIs: string) => ({
      $cond: ['$dispatch.isCalling', asIs, canceled],
    });
    const reached = reachFilters(reach).map((filter) => ({ ...filter, ...waiting }));
    await messages.updateMany(
      scope,
      {
        $or: reached.flatMap((filter) => [
          { ...filter, 'dispatch.isCalling': false },
          { ...filter, stoppedBy: { $ne: statementId } },
        ]),
      },
      [
        {
          $set: {
            // External values must be literals: a text that begins with $ would be read as a field.
            stoppedBy: { $literal: statementId },
            status: unlessCalling('canceled', '$status'),
            statusHistory: unlessCalling(
              { $concatArrays: ['$statusHistory', [{ $literal: entry }]] },
              '$statusHistory',
            ),
          },
        },
      ],
    );
    const left = await messages.find<Pick<MessageDoc, '_id'>>(
      scope,
      { $or: reached },
      { projection: { _id: 1 } },
    );
    return { calling: ids(left) };
  },

  /** The messages that a statement canceled, and those for which it came too late. */
  async findWithdrawn(scope: ClientScope, statementId: string): Promise<Withdrawn> {
    const marked = await messages.find<Pick<MessageDoc, '_id' | 'status' | 'dispatch'>>(
      scope,
      { stoppedBy: statementId },
      { sort: { _id: 1 }, projection: { status: 1, 'dispatch.isCalling': 1 } },
    );
    const canceled = marked.filter(({ status }) => status === 'canceled');
    const notSent = new Set(['canceled', 'failed', 'expired']);
    const mayHaveLeft = marked.filter(
      ({ status, dispatch }) => !notSent.has(status) && !hasNotLeft(status, dispatch),
    );
    return { canceled: ids(canceled), mayHaveLeft: ids(mayHaveLeft) };
  },
});
