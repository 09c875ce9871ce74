import type { Types } from 'mongoose';
import type { ContactDirectory, ContactPlace } from '../contacts/directory.ts';
import type { LeadDirectory } from '../leads/directory.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Cursor } from '../../platform/pagination.ts';
import type { Operand, Probe, SegmentPlan, ThreadFact } from './compile.ts';

/** Answers questions about the conversations of contacts; the inbox provides it. */
export interface SegmentThreads {
  /** Those of the contacts for whom the latest time in all of their conversations is so. */
  contactsWhere(
    scope: ClientScope,
    contactIds: readonly Types.ObjectId[],
    question: { readonly fact: ThreadFact; readonly operand: Operand },
  ): Promise<Types.ObjectId[]>;
}

export interface SegmentMemberDeps {
  readonly contacts: Pick<ContactDirectory, 'findPlacesWhere' | 'narrowWhere' | 'summariseWhere'>;
  readonly leads: Pick<LeadDirectory, 'contactsWhere'>;
  readonly threads: SegmentThreads;
}

/** As many contacts as other collections are asked about at once. */
export const pageSize = 5_000;

export type SegmentMembers = ReturnType<typeof createSegmentMembers>;

/** Finds the members of a segment by its plan. */
export function createSegmentMembers({ contacts, leads, threads }: SegmentMemberDeps) {
  const ask = (
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
    probe: Probe,
  ): Promise<readonly Types.ObjectId[]> =>
    probe.of === 'lead' ? leads.contactsWhere(scope, ids, probe) : threads.contactsWhere(scope, ids, probe);

  /** The members among some candidates. */
  async function membersAmong(
    scope: ClientScope,
    { probes, members }: SegmentPlan,
    candidates: readonly ContactPlace[],
  ): Promise<readonly Types.ObjectId[]> {
    const ids = candidates.map(({ _id }) => _id);
    if (probes.length === 0) return ids;
    const answers = await Promise.all(probes.map((probe) => ask(scope, ids, probe)));
    return contacts.narrowWhere(scope, ids, members(answers));
  }

  return {
    /** A page of candidates with the members among them, newest first; `next` is null behind the last. */
    async page(
      scope: ClientScope,
      plan: SegmentPlan,
      { after, limit = pageSize, maxTimeMS }: PageRange,
    ): Promise<MemberPage> {
      const found = await contacts.findPlacesWhere(scope, plan.candidates, { after, limit, maxTimeMS });
      const last = found.length < limit ? undefined : found.at(-1);
      return {
        ids: found.length === 0 ? [] : await membersAmong(scope, plan, found),
        next: last === undefined ? null : { key: last.createdAt, id: last._id },
      };
    },
  };
}

interface PageRange {
  readonly after: Cursor<Date> | null;
  readonly limit?: number;
  readonly maxTimeMS: number;
}

export interface MemberPage {
  readonly ids: readonly Types.ObjectId[];
  readonly next: Cursor<Date> | null;
}
