import { defined, type FieldReader, type Fields } from './fields.ts';
import type { ContactCard } from './types.ts';

/** The contact cards of a message, in either direction. */
export const readCards = (read: FieldReader, message: Fields): ContactCard[] =>
  read
    .objects(message, 'contacts')
    .map((card) => readCard(read, card))
    .filter((card) => card !== null);

/** Null if the card names nobody and nothing. */
function readCard(read: FieldReader, card: Fields): ContactCard | null {
  const org = read.object(card, 'org');
  const shown: ContactCard = {
    name: readName(read, read.object(card, 'name') ?? {}),
    phones: read.objects(card, 'phones').map((phone) =>
      defined({
        phone: read.text(phone, 'phone'),
        type: read.text(phone, 'type'),
        waId: read.id(phone, 'wa_id'),
      }),
    ),
    emails: read
      .objects(card, 'emails')
      .map((email) => defined({ email: read.text(email, 'email'), type: read.text(email, 'type') })),
    urls: read
      .objects(card, 'urls')
      .map((url) => defined({ url: read.text(url, 'url'), type: read.text(url, 'type') })),
    ...(org === undefined ? {} : { org: readOrganisation(read, org) }),
    addresses: read.objects(card, 'addresses').map((address) => readAddress(read, address)),
    ...defined({ birthday: read.text(card, 'birthday'), vcard: read.text(card, 'vcard') }),
  };
  return hasAnything(shown) ? shown : null;
}

const hasAnything = ({ name, phones, emails, urls, addresses, ...rest }: ContactCard): boolean =>
  name.formattedName !== '' ||
  [phones, emails, urls, addresses].some(({ length }) => length > 0) ||
  Object.keys(rest).length > 0;

function readName(read: FieldReader, name: Fields): ContactCard['name'] {
  const parts = defined({
    firstName: read.text(name, 'first_name'),
    middleName: read.text(name, 'middle_name'),
    lastName: read.text(name, 'last_name'),
    prefix: read.text(name, 'prefix'),
    suffix: read.text(name, 'suffix'),
  });
  const composed = [parts.prefix, parts.firstName, parts.middleName, parts.lastName, parts.suffix]
    .filter((part) => part !== undefined)
    .join(' ');
  return { formattedName: read.text(name, 'formatted_name') ?? composed, ...parts };
}

const readOrganisation = (read: FieldReader, org: Fields) =>
  defined({
    company: read.text(org, 'company'),
    department: read.text(org, 'department'),
    title: read.text(org, 'title'),
  });

const readAddress = (read: FieldReader, address: Fields) =>
  defined({
    street: read.text(address, 'street'),
    city: read.text(address, 'city'),
    state: read.text(address, 'state'),
    zip: read.id(address, 'zip'),
    country: read.text(address, 'country'),
    countryCode: read.text(address, 'country_code'),
    type: read.text(address, 'type'),
  });
