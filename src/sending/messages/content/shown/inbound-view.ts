import type {
  CallPermission,
  CatalogProduct,
  ContactCard,
  InboundError,
  InboundLocation,
  InboundMedia,
  InboundOrder,
  InboundReferral,
  InboundReply,
  SenderIdentity,
  SystemNotice,
} from '../../../../whatsapp/inbound-content.ts';
import type { ShownContent } from './schemas.ts';

/** Stored parts of an inbound message as JSON: each field that is missing is null. */

type Shown<Field extends keyof ShownContent> = NonNullable<ShownContent[Field]>;

const isoOf = (atMs: number | undefined): string | null =>
  atMs === undefined ? null : new Date(atMs).toISOString();

export const receivedMedia = (media: InboundMedia): Shown<'media'> => ({
  id: media.id,
  link: null,
  fileId: null,
  state: null,
  mimeType: media.mimeType ?? null,
  filename: media.filename ?? null,
  caption: media.caption ?? null,
  sha256: media.sha256 ?? null,
  isVoice: media.isVoice === true,
  isAnimated: media.isAnimated === true,
});

export const shownLocation = (location: InboundLocation): Shown<'location'> => ({
  latitude: location.latitude,
  longitude: location.longitude,
  name: location.name ?? null,
  address: location.address ?? null,
  url: location.url ?? null,
});

export const shownCard = (card: ContactCard): Shown<'contacts'>[number] => {
  const { name, org } = card;
  return {
    name: {
      formattedName: name.formattedName,
      firstName: name.firstName ?? null,
      middleName: name.middleName ?? null,
      lastName: name.lastName ?? null,
      prefix: name.prefix ?? null,
      suffix: name.suffix ?? null,
    },
    phones: card.phones.map(({ phone = null, type = null, waId = null }) => ({ phone, type, waId })),
    emails: card.emails.map(({ email = null, type = null }) => ({ email, type })),
    urls: card.urls.map(({ url = null, type = null }) => ({ url, type })),
    org:
      org === undefined
        ? null
        : { company: org.company ?? null, department: org.department ?? null, title: org.title ?? null },
    addresses: card.addresses.map((address) => ({
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
};

export const shownReply = (reply: InboundReply): Shown<'reply'> => ({
  kind: reply.kind,
  id: reply.id ?? null,
  title: reply.title,
  description: reply.description ?? null,
  name: reply.name ?? null,
  response: reply.response ?? null,
  responseText: reply.responseText ?? null,
});

export const shownOrder = (order: InboundOrder): Shown<'order'> => ({
  catalogId: order.catalogId ?? null,
  note: order.note ?? null,
  items: order.items.map(({ productId = null, quantity = null, price = null, currency = null }) => ({
    ...{ productId, quantity, price, currency },
  })),
});

export const shownProduct = (product: CatalogProduct): Shown<'product'> => ({
  catalogId: product.catalogId ?? null,
  productId: product.productId ?? null,
});

export const shownReferral = (referral: InboundReferral): Shown<'referral'> => ({
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

export const shownSystem = (notice: SystemNotice): Shown<'system'> => ({
  kind: notice.kind,
  type: notice.type ?? null,
  whatsappId: notice.whatsappId ?? null,
  formerWhatsappId: notice.formerWhatsappId ?? null,
  userId: notice.userId ?? null,
  identityHash: notice.identityHash ?? null,
});

export const shownError = (error: InboundError): Shown<'errors'>[number] => ({
  code: error.code ?? null,
  title: error.title ?? null,
  message: error.message ?? null,
  detail: error.detail ?? null,
  link: error.link ?? null,
});

export const shownPermission = (permission: CallPermission): Shown<'callPermission'> => ({
  isGranted: permission.isGranted,
  response: permission.response ?? null,
  isPermanent: permission.isPermanent ?? null,
  expiresAt: isoOf(permission.expiresAtMs),
  source: permission.source ?? null,
});

export const shownIdentity = (identity: SenderIdentity): Shown<'senderIdentity'> => ({
  hash: identity.hash ?? null,
  isAcknowledged: identity.isAcknowledged ?? null,
  createdAt: isoOf(identity.createdAtMs),
});
