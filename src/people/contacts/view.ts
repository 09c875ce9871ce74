import type { ContactDoc, ContactRecord } from './use-cases.ts';
import { isList } from '../custom-fields/rules.ts';
import { recipientZone } from '../zones/recipient-zone.ts';
import { callableNumberOf } from './rules.ts';
import type { Shown } from './shown.ts';
import { tagNamesOf } from '../contact-sets/tags/names.ts';
import type { ContactListItemView, ContactView } from './schemas.ts';

export const toContactListItemView = (
  contact: ContactDoc,
  { tagNames, clientZone, now }: Shown,
): ContactListItemView => ({
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
  timezone: contact.timezone ?? null,
  recipientZone: recipientZone(
    { contactZone: contact.timezone, phoneNumber: callableNumberOf(contact), clientZone },
    now,
  ),
  phoneBookName: contact.phoneBook?.name ?? null,
  tags: tagNamesOf(contact, tagNames),
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

export const toContactView = (contact: ContactRecord, shown: Shown): ContactView => ({
  ...toContactListItemView(contact, shown),
  consentLog: contact.consentLog.map(({ status, source, wording, at, by }) => ({
    status,
    source,
    wording: wording ?? null,
    at: at.toISOString(),
    by: by?.toHexString() ?? null,
  })),
});
