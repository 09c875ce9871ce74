import type { HoldContact } from '../../src/inbox/conversations/contact-hold.ts';

/** For worlds of conversations whose contacts are not stored: nobody can delete them. */
export const holdUnstored: HoldContact = async (scope, _id) => ({
  ...{ ...scope, _id, identityKeys: [], tags: [], optInStatus: 'unknown', customFields: {} },
  ...{ createdAt: new Date(0), updatedAt: new Date(0), version: 1 },
});
