import { Types, type ClientSession, type Connection } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { openTenantCollection, type TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedFilter, ScopedUpdate, ScopedUpdateOne } from '../../platform/tenant-queries.ts';
import type { OptInStatus } from '../contacts/rules.ts';
import { readPeople, type PeopleOrder } from '../contacts/search.ts';
import type { AdReferral } from './ad-referral.ts';
import { leadModel, type ContactCopy, type LeadDoc } from './model.ts';
import type { LeadStage } from './rules.ts';

export type { ContactCopy, LeadDoc } from './model.ts';

export interface LeadFilter {
  readonly stage?: LeadStage;
  readonly tag?: string;
  readonly optInStatus?: OptInStatus;
  /** Null for unassigned leads. */
  readonly assignedAgentId?: Types.ObjectId | null;
}

export type LeadRepository = ReturnType<typeof createLeadRepository>;

export function createLeadRepository(connection: Connection) {
  const leads = openTenantCollection(leadModel, connection);
  return {
    ...createLeadWrites(leads),

    /** Ignores a deleted lead. */
    findById: (scope: ClientScope, _id: Types.ObjectId, session?: ClientSession): Promise<LeadDoc | null> =>
      leads.findOne(scope, { _id, ...notDeleted }, { session }),

    /** The contact's lead, even if it is deleted. */
    findOfContact: (
      scope: ClientScope,
      contactId: Types.ObjectId,
      session?: ClientSession,
    ): Promise<LeadDoc | null> => leads.findOne(scope, { contactId }, { session }),

    /** Those of the contacts whose lead is so. */
    async contactsWhere(
      scope: ClientScope,
      contactIds: readonly Types.ObjectId[],
      { path, operand }: { readonly path: 'stage' | 'assignedAgentId'; readonly operand: object },
    ): Promise<Types.ObjectId[]> {
      const condition = { contactId: { $in: [...contactIds] }, [path]: operand };
      const found = await leads.find(
        scope,
        { ...condition, ...notDeleted },
        { projection: { contactId: 1 } },
      );
      return found.map(({ contactId }) => contactId);
    },

    list: (
      scope: ClientScope,
      filter: LeadFilter,
      order: PeopleOrder<LeadDoc>,
      limit: number,
    ): Promise<LeadDoc[]> =>
      readPeople(order, limit, {
        read(range, { hint, ...options }) {
          const query = { ...toQuery(filter), ...(range as ScopedFilter<LeadDoc>), ...notDeleted };
          return hint === undefined
            ? leads.find(scope, query, options)
            : leads.search(scope, query, { ...options, hint });
        },
        count: (range, options) => leads.searchCount(scope, range as ScopedFilter<LeadDoc>, options),
      }),
  };
}

interface CopiedContact {
  readonly contactId: Types.ObjectId;
  readonly copy: ContactCopy;
}

function copyUpdate({ contactId, copy }: CopiedContact, at: Date): ScopedUpdateOne<LeadDoc> {
  const { phoneNumber = null, name = null, nameKey = null, optInStatus } = copy;
  const { username = null, usernameKey = null, searchTokens = null } = copy;
  const fields = { phoneNumber, name, nameKey, username, usernameKey, searchTokens, optInStatus };
  const entries = Object.entries(fields);
  const isOutdated = entries.map(([field, value]) => ({ [field]: { $ne: value } }));
  return {
    filter: { contactId, $or: isOutdated as ScopedFilter<LeadDoc>[] },
    update: {
      $set: { ...Object.fromEntries(entries.filter(([, value]) => value !== null)), updatedAt: at },
      $unset: Object.fromEntries(entries.filter(([, value]) => value === null).map(([field]) => [field, ''])),
      $inc: { version: 1 },
    } as ScopedUpdate<LeadDoc>,
  };
}

const createLeadWrites = (leads: TenantCollection<LeadDoc>) => ({
  insert: (scope: ClientScope, lead: LeadDoc, session: ClientSession): Promise<void> =>
    leads.insertOne(scope, lead, { session }),

  /** Replaces `current` with `next`; false if the lead has changed since it was read. */
  replace: (scope: ClientScope, current: LeadDoc, next: LeadDoc, session: ClientSession): Promise<boolean> =>
    leads.replaceVersioned(scope, current, next, session),

  /** Sets the source of a lead that has none: the first one stays. */
  async setSource(
    scope: ClientScope,
    { _id, source }: { readonly _id: Types.ObjectId; readonly source: AdReferral },
    session: ClientSession,
  ): Promise<void> {
    await leads.updateOne(scope, { _id, source: { $exists: false } }, { $set: { source } }, { session });
  },

  /** Updates the copies on the leads of contacts; writes nothing if they are up to date. */
  async copyContacts(
    scope: ClientScope,
    copies: readonly CopiedContact[],
    { at, session }: { readonly at: Date; readonly session: ClientSession },
  ): Promise<void> {
    await leads.updateEach(
      scope,
      copies.map((each) => copyUpdate(each, at)),
      { session },
    );
  },

  /** Removes the lead of a contact that is being deleted; returns the removed lead. */
  removeOfContact: (
    scope: ClientScope,
    contactId: Types.ObjectId,
    session: ClientSession,
  ): Promise<LeadDoc | null> => leads.findOneAndDelete(scope, { contactId }, { session }),
});

const notDeleted = { deletedAt: { $exists: false } } as const;

const toQuery = ({ tag, assignedAgentId, ...rest }: LeadFilter): ScopedFilter<LeadDoc> => ({
  ...rest,
  ...(tag === undefined ? {} : { tags: tag }),
  // Not `null`: it matches null and undefined, which are two ranges of the index and would need a sort.
  ...(assignedAgentId === null ? { assignedAgentId: { $exists: false } } : {}),
  ...(assignedAgentId instanceof Types.ObjectId ? { assignedAgentId } : {}),
});
