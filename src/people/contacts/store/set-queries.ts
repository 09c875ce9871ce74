import type { Types } from 'mongoose';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { ContactRecord } from './model.ts';

/** Where a contact holds the ids of its tags, or of its groups. */
export type SetField = 'tagIds' | 'groupIds';

/** What tags and groups ask of the contacts that have them. */
export const createSetQueries = (contacts: TenantCollection<ContactRecord>) => ({
  /** Counts up to `limit` contacts. */
  countInSet: (
    scope: ClientScope,
    field: SetField,
    { id, limit }: { readonly id: Types.ObjectId; readonly limit: number },
  ): Promise<number> => contacts.count(scope, { [field]: id }, { limit }),

  /** Takes a deleted tag or group from at most `limit` contacts; returns from how many. */
  async clearSet(
    scope: ClientScope,
    field: SetField,
    { id, limit }: { readonly id: Types.ObjectId; readonly limit: number },
  ): Promise<number> {
    const found = await contacts.find(scope, { [field]: id }, { projection: { _id: 1 }, limit });
    const ids = found.map(({ _id }) => _id);
    await contacts.updateMany(
      scope,
      { _id: { $in: ids }, [field]: id },
      { $pull: { [field]: id }, $inc: { version: 1 } },
    );
    return found.length;
  },
});
