import type { Types } from 'mongoose';
import { changeEach, type BulkOutcome } from '../../../platform/bulk.ts';
import { AppError } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { RequestedSets, SetDeps } from '../sets.ts';
import type { ContactUseCases, Person } from '../use-cases.ts';

/** What is done to each of many contacts. */
export type BulkContactAction =
  | { readonly type: 'add-tags' | 'remove-tags'; readonly tags: readonly string[] }
  | { readonly type: 'add-to-group' | 'remove-from-group'; readonly groupId: Types.ObjectId };

export interface BulkContactDeps {
  readonly contacts: Pick<ContactUseCases, 'update'>;
  readonly findGroups: SetDeps['findGroups'];
}

/** Does the same to each of the contacts, as the single requests do. Throws `not-found` for an unknown group. */
export const createBulkContactChange =
  ({ contacts, findGroups }: BulkContactDeps) =>
  async (
    scope: ClientScope,
    by: Person,
    { ids, action }: { readonly ids: readonly Types.ObjectId[]; readonly action: BulkContactAction },
  ): Promise<BulkOutcome> => {
    if ('groupId' in action && (await findGroups(scope, [action.groupId])).length === 0) {
      const message = 'There is no such contact group.';
      throw new AppError('not-found', message, { errors: [{ path: 'body.action.groupId', message }] });
    }
    const changes = changesOf(action);
    return changeEach(ids, (id) => contacts.update(scope, by, { id, version: undefined }, changes));
  };

function changesOf(action: BulkContactAction): RequestedSets {
  switch (action.type) {
    case 'add-tags':
      return { addTags: action.tags };
    case 'remove-tags':
      return { removeTags: action.tags };
    case 'add-to-group':
      return { addGroupIds: [action.groupId] };
    case 'remove-from-group':
      return { removeGroupIds: [action.groupId] };
  }
}
