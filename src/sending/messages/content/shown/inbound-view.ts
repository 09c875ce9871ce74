import type {
  CallPermission,
  CatalogProduct,
  InboundError,
  InboundOrder,
  InboundReferral,
  InboundReply,
  SenderIdentity,
  ShownInbound,
  SystemNotice,
} from '../../../../whatsapp/inbound-content.ts';
import type { CallContent, EventContent } from '../../store/model.ts';
import type { Facts } from './kind.ts';
import type { OwnContentOf } from './schemas.ts';

/** Stored parts of an inbound message as JSON: each field that is missing is null. */

type Shown<Field extends keyof Facts> = NonNullable<Facts[Field]>;

const isoOf = (atMs: number | undefined): string | null =>
  atMs === undefined ? null : new Date(atMs).toISOString();

/** The value as shown, or null. */
const ifAny = <Value, View>(value: Value | undefined, show: (value: Value) => View): View | null =>
  value === undefined ? null : show(value);

/** What content of every kind has. */
export const shownFacts = (told: ShownInbound): Facts => ({
  text: told.text ?? null,
  referredProduct: ifAny(told.product, shownProduct),
  referral: ifAny(told.referral, shownReferral),
  errors: ifAny(told.errors, (errors) => errors.map(shownError)),
  senderIdentity: ifAny(told.senderIdentity, shownIdentity),
  origin: told.origin ?? null,
  isForwarded: told.isForwarded === true,
  isFrequentlyForwarded: told.isFrequentlyForwarded === true,
  isCut: told.isCut === true,
});

export const shownReply = (reply: InboundReply): OwnContentOf<'reply'> => ({
  type: 'reply',
  kind: reply.kind,
  id: reply.id ?? null,
  title: reply.title,
  description: reply.description ?? null,
  name: reply.name ?? null,
  response: reply.response ?? null,
  responseText: reply.responseText ?? null,
});

export const shownOrder = (order: InboundOrder): OwnContentOf<'order'> => ({
  type: 'order',
  catalogId: order.catalogId ?? null,
  note: order.note ?? null,
  items: order.items.map(({ productId = null, quantity = null, price = null, currency = null }) => ({
    ...{ productId, quantity, price, currency },
  })),
});

export const shownSystem = (notice: SystemNotice): OwnContentOf<'system'> => ({
  type: 'system',
  kind: notice.kind,
  word: notice.type ?? null,
  whatsappId: notice.whatsappId ?? null,
  formerWhatsappId: notice.formerWhatsappId ?? null,
  userId: notice.userId ?? null,
  identityHash: notice.identityHash ?? null,
});

export const shownPermission = (permission: CallPermission): OwnContentOf<'callPermission'> => ({
  type: 'callPermission',
  isGranted: permission.isGranted,
  response: permission.response ?? null,
  isPermanent: permission.isPermanent ?? null,
  expiresAt: isoOf(permission.expiresAtMs),
  source: permission.source ?? null,
});

export const shownCall = (call: CallContent): OwnContentOf<'call'> => ({
  type: 'call',
  direction: call.direction,
  outcome: call.outcome ?? null,
  startedAt: call.startedAt?.toISOString() ?? null,
  endedAt: call.endedAt?.toISOString() ?? null,
  durationSeconds: call.durationSeconds ?? null,
});

export const shownEvent = ({ word, details }: EventContent): OwnContentOf<'event'> => ({
  type: 'event',
  word,
  details: [...details],
});

const shownProduct = (product: CatalogProduct): Shown<'referredProduct'> => ({
  catalogId: product.catalogId ?? null,
  productId: product.productId ?? null,
});

const shownReferral = (referral: InboundReferral): Shown<'referral'> => ({
  sourceType: referral.sourceType ?? null,
  sourceId: referral.sourceId ?? null,
  sourceUrl: referral.sourceUrl ?? null,
  headline: referral.headline ?? null,
  body: referral.body ?? null,
  mediaType: referral.mediaType ?? null,
  imageUrl: referral.imageUrl ?? null,
  videoUrl: referral.videoUrl ?? null,
  thumbnailUrl: referral.thumbnailUrl ?? null,
  clickId: referral.clickId ?? null,
  welcomeText: referral.welcomeText ?? null,
});

const shownError = (error: InboundError): Shown<'errors'>[number] => ({
  code: error.code ?? null,
  title: error.title ?? null,
  message: error.message ?? null,
  detail: error.detail ?? null,
  link: error.link ?? null,
});

const shownIdentity = (identity: SenderIdentity): Shown<'senderIdentity'> => ({
  hash: identity.hash ?? null,
  isAcknowledged: identity.isAcknowledged ?? null,
  createdAt: isoOf(identity.createdAtMs),
});
