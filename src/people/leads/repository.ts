import { Types, type ClientSession, type Connection, type mongo } from 'mongoose';
import { readRanges, type ListOrder } from '../../platform/listing.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { OptInStatus } from '../contacts/rules.ts';
import { leadModel, type ContactCopy, type LeadDoc } from './model.ts';
import type { LeadStage } from './rules.ts';

export type { ContactCopy, LeadDoc } from './model.ts';

export interface LeadFilter {
  readonly stage?: LeadStage;
  readonly tag?: string;
  readonly optInStatus?: OptInStatus;
  /** Null: assigned to nobody. */
  readonly assignedAgentId?: Types.ObjectId | null;
}

export type LeadRepository = ReturnType<typeof createLeadRepository>;

export function createLeadRepository(connection: Connection) {
  const leads = leadModel(connection).collection as unknown as mongo.Collection<LeadDoc>;
  return {
    ...createLeadWrites(leads),

    /** Not a deleted one. */
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<LeadDoc | null> =>
      leads.findOne({ _id, ...notDeleted, ...scope }, within(session)),

    /** The contact's lead, also a deleted one. */
    findOfContact: (
      scope: ClientScope,
      contactId: Types.ObjectId,
      session?: ClientSession,
    ): Promise<LeadDoc | null> => leads.findOne({ contactId, ...scope }, within(session)),

    list: (
      scope: ClientScope,
      filter: LeadFilter,
      order: ListOrder<LeadDoc>,
      limit: number,
    ): Promise<LeadDoc[]> =>
      readRanges(order, limit, (range, atMost) =>
        leads
          .find({ ...toQuery(filter), ...(range as mongo.Filter<LeadDoc>), ...notDeleted, ...scope })
          .sort({ ...order.sort })
          .limit(atMost)
          .toArray(),
      ),
  };
}

const createLeadWrites = (leads: mongo.Collection<LeadDoc>) => ({
  async insert(scope: ClientScope, lead: LeadDoc, session: ClientSession): Promise<void> {
    await leads.insertOne({ ...lead, ...scope }, { session });
  },

  /** Puts `next` in place of what was read; false when somebody was faster. */
  async replace(
    scope: ClientScope,
    current: LeadDoc,
    next: LeadDoc,
    session: ClientSession,
  ): Promise<boolean> {
    const { _id, ...replacement } = next;
    const filter = { _id: current._id, version: current.version, ...scope };
    const { matchedCount } = await leads.replaceOne(filter, { ...replacement, ...scope }, { session });
    return matchedCount === 1;
  },

  /** Brings the copies of a contact's lead up to date; a lead that has them already stays as it is. */
  async copyContact(
    scope: ClientScope,
    contactId: Types.ObjectId,
    { copy, at }: { copy: ContactCopy; at: Date },
    session: ClientSession,
  ): Promise<void> {
    const { phoneNumber = null, name = null, nameKey = null, optInStatus } = copy;
    const fields = { phoneNumber, name, nameKey, optInStatus };
    const isOutdated = Object.entries(fields).map(([field, value]) => ({ [field]: { $ne: value } }));
    const entries = Object.entries(fields);
    await leads.updateOne(
      { contactId, $or: isOutdated as mongo.Filter<LeadDoc>[], ...scope },
      {
        $set: { ...Object.fromEntries(entries.filter(([, value]) => value !== null)), updatedAt: at },
        $unset: Object.fromEntries(
          entries.filter(([, value]) => value === null).map(([field]) => [field, '']),
        ),
        $inc: { version: 1 },
      } as mongo.UpdateFilter<LeadDoc>,
      { session },
    );
  },

  /** Removes the lead of a contact that is deleted itself; answers what it was. */
  removeOfContact: (
    scope: ClientScope,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<LeadDoc | null> => leads.findOneAndDelete({ contactId, ...scope }, { session }),
});

const notDeleted = { deletedAt: { $exists: false } } as const;

const within = (session: ClientSession | undefined) => (session === undefined ? {} : { session });

const toQuery = ({ tag, assignedAgentId, ...rest }: LeadFilter): mongo.Filter<LeadDoc> => ({
  ...rest,
  ...(tag === undefined ? {} : { tags: tag }),
  // Not `null`: that may be undefined too, which makes two pieces of the index, and those have to be sorted.
  ...(assignedAgentId === null ? { assignedAgentId: { $exists: false } } : {}),
  ...(assignedAgentId instanceof Types.ObjectId ? { assignedAgentId } : {}),
});
