import type { Types } from 'mongoose';
import type { Operand, ThreadFact } from '../../people/segments/compile.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ConversationRecord } from './model.ts';
import { windowLengthMs } from './rules.ts';

/** What a conversation knows of its latest messages; one of an earlier version knows the contact's by the window. */
const facts: Readonly<Record<ThreadFact, unknown>> = {
  lastInboundAt: { $ifNull: ['$windowFrom.at', { $subtract: ['$windowExpiresAt', windowLengthMs] }] },
  lastOutboundAt: '$lastOutboundAt',
  windowExpiresAt: '$windowExpiresAt',
};

/** Questions of segments about the conversations of some contacts. */
export const createContactFacts = (conversations: TenantCollection<ConversationRecord>) => ({
  /** Those of the contacts for whom the latest time in all of their conversations is so. */
  async contactsWhere(
    scope: ClientScope,
    contactIds: readonly Types.ObjectId[],
    { fact, operand }: { readonly fact: ThreadFact; readonly operand: Operand },
  ): Promise<Types.ObjectId[]> {
    const found = await conversations.aggregate<{ _id: Types.ObjectId }>(
      scope,
      { contactId: { $in: [...contactIds] } },
      [
        { $group: { _id: '$contactId', at: { $max: facts[fact] } } },
        // Without it, `$exists` would find the contacts that have no such time.
        { $match: { $and: [{ at: { $ne: null } }, { at: operand }] } },
        { $project: { _id: 1 } },
      ],
    );
    return found.map(({ _id }) => _id);
  },
});
