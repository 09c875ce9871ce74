import type { Types } from 'mongoose';
import type { Withdrawal, Withdrawn } from '../../../consent/statements/withdrawal.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import { hasNotLeft, unsentStatuses } from '../lifecycle.ts';
import type { MessageDoc } from './model.ts';

const ids = (found: readonly { readonly _id: Types.ObjectId }[]) => found.map(({ _id }) => _id);

/** Cancels waiting messages of a contact. */
export const createConsentWrites = (messages: TenantCollection<MessageDoc>) => ({
  /**
   * Cancels every message of a contact that has certainly not left. One pipeline update, which the server evaluates per
   * message, so that no message is canceled during a call and none is missed that a call releases. Messages in a call
   * are only marked with the statement. Idempotent; returns the messages in a call now.
   */
  async cancelWaiting(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { statementId, reason, at, category }: Withdrawal,
  ): Promise<{ readonly calling: readonly Types.ObjectId[] }> {
    const waiting = {
      contactId,
      direction: 'outbound',
      status: { $in: [...unsentStatuses] },
      ...(category === undefined ? {} : { category }),
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
    await messages.updateMany(
      scope,
      { ...waiting, $or: [{ 'dispatch.isCalling': false }, { stoppedBy: { $ne: statementId } }] },
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
    const left = await messages.find<Pick<MessageDoc, '_id'>>(scope, waiting, { projection: { _id: 1 } });
    return { calling: ids(left) };
  },

  /** The messages that a statement canceled, and those for which it came too late. */
  async findWithdrawn(
    scope: ClientScope,
    contactId: Types.ObjectId,
    statementId: string,
  ): Promise<Withdrawn> {
    const marked = await messages.find<Pick<MessageDoc, '_id' | 'status' | 'dispatch'>>(
      scope,
      { stoppedBy: statementId, contactId },
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
