import type { CallFilter } from '../../../openings/closings.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import { unsentStatuses } from '../lifecycle.ts';
import { reachFilters } from './consent-writes.ts';
import type { MessageDoc } from './model.ts';

/** More than all workers together can hold. */
const maxClaims = 10_000;

/** The calls that hold a claim. */
export const createCallQueries = (messages: TenantCollection<MessageDoc>) => ({
  /** The tokens of the claims that are held now; by index, however many messages wait. */
  async findClaims(scope: ClientScope, calls: CallFilter): Promise<readonly string[]> {
    const held = { 'dispatch.isCalling': true, status: { $in: [...unsentStatuses] } };
    const found = await messages.find<Pick<MessageDoc, '_id' | 'dispatch'>>(
      scope,
      'contactIds' in calls
        ? { $or: reachFilters(calls).map((filter) => ({ ...filter, ...held })) }
        : { ...calls, ...held },
      { projection: { 'dispatch.token': 1 }, limit: maxClaims },
    );
    return found.flatMap(({ dispatch: { token } }) => token ?? []);
  },
});
