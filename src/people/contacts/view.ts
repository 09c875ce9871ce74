import type { ContactDoc, ContactRecord } from './use-cases.ts';
import { isList } from '../custom-fields/rules.ts';
import { tagNamesOf, type TagNames } from '../contact-sets/tags/names.ts';
import type { ContactListItemView, ContactView } from './schemas.ts';

/** `names` of all tags that the contact has. */
export const toContactListItemView = (contact: ContactDoc, names: TagNames): ContactListItemView => ({
  id: contact._id.toHexString(),
  phoneNumber: contact.phoneNumber ?? null,
  whatsappId: contact.whatsappId ?? null,
  businessScopedUserId: contact.businessScopedUserId ?? null,
  parentUserId: contact.parentUserId ?? null,
  username: contact.username ?? null,
  aliases: (contact.aliases ?? []).map(({ field, value, at, until, reason }) => ({
    ...{ field, value, reason },
    at: at.toISOString(),
    until: until?.toISOString() ?? null,
  })),
  samePerson: (contact.samePerson ?? []).map(({ contactId, reason, at }) => ({
    contactId: contactId.toHexString(),
    reason,
    at: at.toISOString(),
  })),
  name: contact.name ?? null,
  phoneBookName: contact.phoneBook?.name ?? null,
  tags: tagNamesOf(contact, names),
  groupIds: (contact.groupIds ?? []).map((id) => id.toHexString()),
  optInStatus: contact.optInStatus,
  marketingStopped: contact.marketingStopped ?? false,
  marketingStoppedAt: contact.marketingStoppedAt?.toISOString() ?? null,
  isBlocked: contact.isBlocked ?? false,
  blockedAt: contact.blockedAt?.toISOString() ?? null,
  numberSuspect:
    contact.numberSuspect === undefined
      ? null
      : { code: contact.numberSuspect.code, at: contact.numberSuspect.at.toISOString() },
  customFields: Object.fromEntries(
    Object.entries(contact.customFields).map(([key, value]) => [key, isList(value) ? [...value] : value]),
  ),
  createdAt: contact.createdAt.toISOString(),
  updatedAt: contact.updatedAt.toISOString(),
});

export const toContactView = (contact: ContactRecord, names: TagNames): ContactView => ({
  ...toContactListItemView(contact, names),
  consentLog: contact.consentLog.map(({ status, source, wording, at, by }) => ({
    status,
    source,
    wording: wording ?? null,
    at: at.toISOString(),
    by: by?.toHexString() ?? null,
  })),
});
