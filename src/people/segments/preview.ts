import type { Types } from 'mongoose';
import type { ContactDirectory, ContactDoc, ContactSummary } from '../contacts/directory.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Cursor } from '../../platform/pagination.ts';
import type { SegmentPlan } from './compile.ts';
import type { SegmentMembers } from './members.ts';

/** How long the database may work on a count. */
export const maxCountMs = 3_000;
/** What is counted if the whole takes longer. */
export const cappedCount = 10_000;
export const sampleSize = 20;

export interface SegmentCount {
  readonly summary: ContactSummary;
  /** False if there are more than were counted. */
  readonly isExact: boolean;
  /** The newest members. */
  readonly sample: readonly ContactDoc[];
}

interface PreviewDeps {
  readonly contacts: Pick<ContactDirectory, 'findMany' | 'summariseWhere'>;
  readonly members: SegmentMembers;
}

const isTooBroad = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'search-too-broad';

/** Counts the members of a segment as far as the time reaches. Throws `search-too-broad` if it does not reach far enough. */
export function createSegmentPreview({ contacts, members }: PreviewDeps) {
  async function sampleOf(scope: ClientScope, ids: readonly Types.ObjectId[]): Promise<ContactDoc[]> {
    const found = await contacts.findMany(scope, ids.slice(0, sampleSize));
    const byId = new Map(found.map((contact) => [contact._id.toHexString(), contact]));
    return ids.flatMap((id) => byId.get(id.toHexString()) ?? []);
  }

  async function countPlain(
    scope: ClientScope,
    { candidates }: SegmentPlan,
  ): Promise<Omit<SegmentCount, 'sample'>> {
    try {
      const summary = await contacts.summariseWhere(scope, candidates, { maxTimeMS: maxCountMs });
      return { summary, isExact: true };
    } catch (error) {
      if (!isTooBroad(error)) throw error;
    }
    const capped = { limit: cappedCount, maxTimeMS: maxCountMs };
    return { summary: await contacts.summariseWhere(scope, candidates, capped), isExact: false };
  }

  async function previewPlain(scope: ClientScope, plan: SegmentPlan): Promise<SegmentCount> {
    const [count, { ids }] = await Promise.all([
      countPlain(scope, plan),
      members.page(scope, plan, { after: null, limit: sampleSize, maxTimeMS: maxCountMs }),
    ]);
    return { ...count, sample: await sampleOf(scope, ids) };
  }

  /** Page by page, until the time is up. */
  async function previewByPages(scope: ClientScope, plan: SegmentPlan): Promise<SegmentCount> {
    const endsAtMs = performance.now() + maxCountMs;
    const first: Types.ObjectId[] = [];
    let summary: ContactSummary | undefined;
    let after: Cursor<Date> | null = null;
    do {
      const { ids, next } = await members.page(scope, plan, { after, maxTimeMS: maxCountMs });
      const onPage = await contacts.summariseWhere(scope, { _id: { $in: ids } }, { maxTimeMS: maxCountMs });
      summary = summary === undefined ? onPage : sumOf(summary, onPage);
      first.push(...ids.slice(0, sampleSize - first.length));
      after = next;
    } while (after !== null && performance.now() < endsAtMs);
    return { summary, isExact: after === null, sample: await sampleOf(scope, first) };
  }

  return (scope: ClientScope, plan: SegmentPlan): Promise<SegmentCount> =>
    plan.probes.length === 0 ? previewPlain(scope, plan) : previewByPages(scope, plan);
}

const sumOf = (one: ContactSummary, other: ContactSummary): ContactSummary => ({
  count: one.count + other.count,
  optedOut: one.optedOut + other.optedOut,
  blocked: one.blocked + other.blocked,
  noAddress: one.noAddress + other.noAddress,
  suspect: one.suspect + other.suspect,
});
