import type { FreeFormPayload, MediaSource } from '../../../../whatsapp/free-form.ts';
import type { TemplatePayload } from '../../../../whatsapp/payload.ts';
import type { CallContent, EventContent, TemplateFilling } from '../../store/model.ts';
import { shownTemplate } from './template-view.ts';
import { readContent, type ShownInbound } from '../../../../whatsapp/inbound-content.ts';
import {
  receivedMedia,
  shownCard,
  shownError,
  shownIdentity,
  shownLocation,
  shownOrder,
  shownPermission,
  shownProduct,
  shownReferral,
  shownReply,
  shownSystem,
} from './inbound-view.ts';
import { placeOf, shownInteractive } from './interactive-view.ts';
import type { ShownContent } from './schemas.ts';

/** The stored content of a message, in either direction. */
export interface StoredContent extends ShownInbound {
  readonly template?: TemplatePayload;
  readonly filling?: TemplateFilling;
  readonly payload?: FreeFormPayload;
  readonly fileId?: string;
  readonly raw?: Readonly<Record<string, unknown>>;
  readonly call?: CallContent;
  readonly event?: EventContent;
}

/**
 * The content for display. Locations, cards and reactions have the same shape in both directions. The token and the data
 * of a flow that we sent are not shown.
 */
export function shownContent({
  template,
  filling,
  payload,
  fileId,
  raw,
  call,
  event,
  ...stored
}: StoredContent): ShownContent {
  const told: ShownInbound = { ...readOf(raw), ...partsOf(payload), ...stored };
  return {
    ...shownInbound(told),
    media: told.media === undefined ? ofOurFile(sentMedia(payload), fileId) : receivedMedia(told.media),
    template: template === undefined ? null : shownTemplate(template, filling, told.text),
    interactive: payload?.type === 'interactive' ? shownInteractive(payload.interactive) : null,
    call: call === undefined ? null : shownCall(call),
    event: event === undefined ? null : { word: event.word, details: [...event.details] },
  };
}

/** The content of a message that an earlier version stored as the provider's object. */
const readOf = (raw: StoredContent['raw']): ShownInbound =>
  raw === undefined ? {} : readContent(String(raw['type']), raw);

/** What a sent message has in common with received ones. */
function partsOf(payload: FreeFormPayload | undefined): ShownInbound {
  if (payload === undefined) return {};
  const { location, contacts, reaction } = readContent(payload.type, { ...payload });
  return {
    ...(location === undefined ? {} : { location }),
    ...(contacts === undefined ? {} : { contacts }),
    ...(reaction === undefined ? {} : { reaction }),
  };
}

/** The value as shown, or null. */
const ifAny = <Value, Shown>(value: Value | undefined, show: (value: Value) => Shown): Shown | null =>
  value === undefined ? null : show(value);

const shownCall = ({ direction, outcome, startedAt, endedAt, durationSeconds }: CallContent) => ({
  direction,
  outcome: outcome ?? null,
  startedAt: startedAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
  durationSeconds: durationSeconds ?? null,
});

const shownInbound = (
  told: ShownInbound,
): Omit<ShownContent, 'media' | 'template' | 'interactive' | 'call' | 'event'> => ({
  text: told.text ?? null,
  location: ifAny(told.location, shownLocation),
  contacts: ifAny(told.contacts, (cards) => cards.map(shownCard)),
  reaction: ifAny(told.reaction, ({ emoji = null }) => ({ emoji })),
  reply: ifAny(told.reply, shownReply),
  order: ifAny(told.order, shownOrder),
  product: ifAny(told.product, shownProduct),
  referral: ifAny(told.referral, shownReferral),
  system: ifAny(told.system, shownSystem),
  errors: ifAny(told.errors, (errors) => errors.map(shownError)),
  unsupportedType: told.unsupportedType ?? null,
  callPermission: ifAny(told.callPermission, shownPermission),
  senderIdentity: ifAny(told.senderIdentity, shownIdentity),
  origin: told.origin ?? null,
  isForwarded: told.isForwarded === true,
  isFrequentlyForwarded: told.isFrequentlyForwarded === true,
  isCut: told.isCut === true,
});

type Media = NonNullable<ShownContent['media']>;

/** A file of ours has an id at the provider for each number only, right before the call. */
const ofOurFile = (media: Media | null, fileId: string | undefined): Media | null =>
  media === null || fileId === undefined ? media : { ...media, id: null, fileId };

function sentMedia(payload: FreeFormPayload | undefined): Media | null {
  const about = (source: MediaSource, more: Partial<Media> = {}): Media => ({
    ...placeOf(source),
    ...{ fileId: null, state: null, mimeType: null, filename: null, caption: null, sha256: null },
    ...{ isVoice: false, isAnimated: false },
    ...more,
  });
  switch (payload?.type) {
    case 'image':
      return about(payload.image, { caption: payload.image.caption ?? null });
    case 'video':
      return about(payload.video, { caption: payload.video.caption ?? null });
    case 'audio':
      return about(payload.audio, { isVoice: payload.audio.voice === true });
    case 'document': {
      const { filename = null, caption = null } = payload.document;
      return about(payload.document, { filename, caption });
    }
    case 'sticker':
      return about(payload.sticker);
    default:
      return null;
  }
}
