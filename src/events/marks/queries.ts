import type { Types } from 'mongoose';
import type { TenantDocument } from '../../platform/declare-model.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { CrossingFilter, ScopedFilter } from '../../platform/tenant-queries.ts';
import type { Marked } from './mark.ts';
import type { PublishedMark } from './publisher.ts';

type MarkedDocument = TenantDocument & Marked & { readonly _id: Types.ObjectId };

/** The queries of a collection whose documents are marked. The publisher works for all clients. */
export const createMarkQueries = <Doc extends MarkedDocument>(
  documents: TenantCollection<Doc>,
  fields: Readonly<Record<string, 0 | 1>>,
) => ({
  findMarkedAcrossClients: (after: Types.ObjectId | null, limit: number): Promise<Doc[]> => {
    const beyond = after === null ? {} : { clientId: { $gt: after } };
    const marked = { unpublishedAt: { $exists: true }, ...beyond } as CrossingFilter<Doc>;
    const sort = { clientId: 1, unpublishedAt: 1, _id: 1 } as const;
    return documents.acrossClients.find(marked, { sort, limit, projection: fields, hint: 'unpublished' });
  },

  async unmarkAcrossClients(published: readonly PublishedMark[]): Promise<void> {
    await documents.acrossClients.updateEach(
      published.map(({ clientId, _id, revision, isAnnounced }) => ({
        scope: scopeOf(clientId),
        filter: { _id } as ScopedFilter<Doc>,
        update: [
          { $set: { ...withoutMark(revision), ...(isAnnounced ? { isUnannounced: '$$REMOVE' } : {}) } },
        ],
      })),
      { ordered: false },
    );
  },
});

/** The mark of a later revision stays. */
const withoutMark = (revision: number) => ({
  unpublishedAt: { $cond: [{ $eq: ['$revision', revision] }, '$$REMOVE', '$unpublishedAt'] },
});
