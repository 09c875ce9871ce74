import type { FileOfMessage } from '../../../../inbox/media/states-of-messages.ts';
import type { ContactObject, FreeFormPayload, MediaSource } from '../../../../whatsapp/free-form.ts';
import type { ContactCard, InboundLocation, InboundMedia } from '../../../../whatsapp/inbound-content.ts';
import { defined } from '../parts.ts';
import { type Card, type FileParts, type FileType, fileTypes, noFile } from './file-schemas.ts';
import { sourceOf } from './interactive-view.ts';
import type { OwnContentOf } from './schemas.ts';

/** Files, places and contact cards in either direction: each field that is missing is null. Pure. */

const isFileType = (type: string): type is FileType => fileTypes.some((known) => known === type);

/** The kind of a received file: the type of its message, or what its media type tells. */
export function fileTypeOf(messageType: string, media: InboundMedia | undefined): FileType | null {
  if (isFileType(messageType)) return messageType;
  if (media === undefined) return null;
  const [family = ''] = (media.mimeType ?? '').split('/');
  return isFileType(family) ? family : 'document';
}

/** A received file; undefined if WhatsApp told no id of it. */
export const receivedFile = (media: InboundMedia | undefined, file: FileOfMessage | undefined): FileParts =>
  media === undefined
    ? noFile
    : {
        ...noFile,
        ...(file === undefined ? {} : { ...copyOf(file), mediaId: file._id.toHexString() }),
        providerMediaId: media.id,
        mimeType: media.mimeType ?? null,
        filename: media.filename ?? null,
        caption: media.caption ?? null,
        sha256: media.sha256 ?? null,
        isVoice: media.isVoice === true,
        isAnimated: media.isAnimated === true,
      };

const copyOf = ({ _id, state }: FileOfMessage) => ({ fileId: _id.toHexString(), state });

type FilePayload = Extract<FreeFormPayload, { type: FileType }>;

export const isFilePayload = (payload: FreeFormPayload): payload is FilePayload => isFileType(payload.type);

/** A file that we sent. */
export function sentFile(
  payload: FilePayload,
  { fileId, file }: { readonly fileId: string | undefined; readonly file: FileOfMessage | undefined },
): FileParts {
  const { caption, filename, voice, ...source } = partsOf(payload);
  const { mediaId, link } = sourceOf(source);
  return {
    ...noFile,
    ...{ link, caption: caption ?? null, filename: filename ?? null, isVoice: voice === true },
    // A file of ours has an id at the provider for each number only, right before the call.
    ...(fileId === undefined ? { mediaId, providerMediaId: mediaId } : { mediaId: fileId, fileId }),
    ...(file === undefined ? {} : copyOf(file)),
  };
}

type SentParts = MediaSource & {
  readonly caption?: string;
  readonly filename?: string;
  readonly voice?: boolean;
};

function partsOf(payload: FilePayload): SentParts {
  switch (payload.type) {
    case 'image':
      return payload.image;
    case 'video':
      return payload.video;
    case 'audio':
      return payload.audio;
    case 'document':
      return payload.document;
    case 'sticker':
      return payload.sticker;
  }
}

export const shownLocation = (location: InboundLocation): OwnContentOf<'location'> => ({
  type: 'location',
  latitude: location.latitude,
  longitude: location.longitude,
  name: location.name ?? null,
  address: location.address ?? null,
  url: location.url ?? null,
});

/** A list or null, also for an empty one: a send has no empty lists. */
const listOrNull = <Item, Shown>(items: readonly Item[] | undefined, show: (item: Item) => Shown) =>
  items === undefined || items.length === 0 ? null : items.map(show);

type Lists = 'phones' | 'emails' | 'urls' | 'addresses';
/** A card that came in has all its lists, one that we sent only those that were given. */
type AnyCard = Omit<ContactCard, Lists> & Partial<Pick<ContactCard, Lists>>;

export function shownCard({ name, org, ...card }: AnyCard): Card {
  return {
    name: {
      formattedName: name.formattedName,
      firstName: name.firstName ?? null,
      middleName: name.middleName ?? null,
      lastName: name.lastName ?? null,
      prefix: name.prefix ?? null,
      suffix: name.suffix ?? null,
    },
    phones: listOrNull(card.phones, ({ phone = null, type = null, waId = null }) => ({ phone, type, waId })),
    emails: listOrNull(card.emails, ({ email = null, type = null }) => ({ email, type })),
    urls: listOrNull(card.urls, ({ url = null, type = null }) => ({ url, type })),
    org:
      org === undefined
        ? null
        : { company: org.company ?? null, department: org.department ?? null, title: org.title ?? null },
    addresses: listOrNull(card.addresses, (address) => ({
      street: address.street ?? null,
      city: address.city ?? null,
      state: address.state ?? null,
      zip: address.zip ?? null,
      country: address.country ?? null,
      countryCode: address.countryCode ?? null,
      type: address.type ?? null,
    })),
    birthday: card.birthday ?? null,
    vcard: card.vcard ?? null,
  };
}

/** A card that we sent, which the provider names in another way. */
export const sentCard = ({ name, phones, addresses, ...card }: ContactObject): Card =>
  shownCard({
    ...card,
    name: {
      formattedName: name.formatted_name,
      ...defined({
        firstName: name.first_name,
        middleName: name.middle_name,
        lastName: name.last_name,
        prefix: name.prefix,
        suffix: name.suffix,
      }),
    },
    ...defined({
      phones: phones?.map(({ wa_id: waId, ...phone }) => ({ ...phone, ...defined({ waId }) })),
      addresses: addresses?.map(({ country_code: countryCode, ...address }) => ({
        ...address,
        ...defined({ countryCode }),
      })),
    }),
  });
