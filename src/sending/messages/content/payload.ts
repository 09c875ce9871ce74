import type {
  ContactObject,
  FreeFormPayload,
  LocationObject,
  MediaSource,
  ReactionObject,
} from '../../../whatsapp/free-form.ts';
import type { ContactCard } from './contact-schemas.ts';
import { interactiveOf } from './interactive-payload.ts';
import { defined, sourceOf } from './parts.ts';
import type { Content, ContentOf } from './schemas.ts';

/** Meta's object for a content. `reactionOf` builds reactions, which name a message by Meta's id. Pure. */
export function payloadOf(content: Exclude<Content, { type: 'reaction' }>): FreeFormPayload {
  switch (content.type) {
    case 'text':
      return { type: 'text', text: textOf(content) };
    case 'image':
      return { type: 'image', image: captioned(content) };
    case 'video':
      return { type: 'video', video: captioned(content) };
    case 'audio':
      return { type: 'audio', audio: { ...sourceOf(content), ...defined({ voice: content.isVoice }) } };
    case 'document':
      return {
        type: 'document',
        document: { ...captioned(content), ...defined({ filename: content.filename }) },
      };
    case 'sticker':
      return { type: 'sticker', sticker: sourceOf(content) };
    case 'location':
      return { type: 'location', location: locationOf(content) };
    case 'contacts':
      return { type: 'contacts', contacts: content.contacts.map(contactOf) };
    default:
      return { type: 'interactive', interactive: interactiveOf(content) };
  }
}

/** A reaction to the message with this provider id; an empty emoji removes it. */
export const reactionOf = (
  { emoji }: Pick<ContentOf<'reaction'>, 'emoji'>,
  providerMessageId: string,
): FreeFormPayload & { readonly reaction: ReactionObject } => ({
  type: 'reaction',
  reaction: { message_id: providerMessageId, emoji: emoji ?? '' },
});

const textOf = ({ body, hasLinkPreview }: ContentOf<'text'>) => ({
  body,
  ...defined({ preview_url: hasLinkPreview }),
});

const captioned = (
  content: ContentOf<'image' | 'video' | 'document'>,
): MediaSource & { caption?: string } => ({
  ...sourceOf(content),
  ...defined({ caption: content.caption }),
});

const locationOf = ({ latitude, longitude, name, address }: ContentOf<'location'>): LocationObject => ({
  latitude,
  longitude,
  ...defined({ name, address }),
});

function contactOf({ name, phones, emails, urls, org, addresses, birthday }: ContactCard): ContactObject {
  return {
    name: {
      formatted_name: name.formattedName,
      ...defined({
        first_name: name.firstName,
        middle_name: name.middleName,
        last_name: name.lastName,
        prefix: name.prefix,
        suffix: name.suffix,
      }),
    },
    ...defined({
      phones: phones?.map(({ phone, type, waId }) => ({ phone, ...defined({ type, wa_id: waId }) })),
      emails: emails?.map(({ email, type }) => ({ email, ...defined({ type }) })),
      urls: urls?.map(({ url, type }) => ({ url, ...defined({ type }) })),
      org: org === undefined ? undefined : defined(org),
      addresses: addresses?.map(({ countryCode, ...address }) =>
        defined({ ...address, country_code: countryCode }),
      ),
      birthday,
    }),
  };
}
