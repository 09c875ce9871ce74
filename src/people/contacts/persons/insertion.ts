import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import { contactEventOf } from '../events.ts';
import type { ContactDeps } from '../resource.ts';
import type { ContactRecord } from '../store/repository.ts';

/** False if another contact has one of the keys: the unique index accepts one insert. */
export async function insertOnce(
  { contacts, audit }: Pick<ContactDeps, 'contacts' | 'audit'>,
  scope: ClientScope,
  fresh: ContactRecord,
): Promise<boolean> {
  try {
    await audit.runInTransaction(async (session) => {
      await contacts.insert(scope, fresh, session);
      const written = { action: 'contact.created', before: null, after: fresh };
      await audit.events.record(scope, session, contactEventOf(written));
    });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
