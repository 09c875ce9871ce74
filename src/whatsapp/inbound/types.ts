/** What the provider tells in a message of a contact, by kind. All fields are as the provider sent them, or missing. */

/** The contact's choice among the options of our message. `id` is the one that we sent with the option. */
export interface InboundReply {
  /** `quick-reply` is a button of a template, `flow` a completed form. */
  readonly kind: 'quick-reply' | 'button' | 'list-row' | 'flow';
  /** The payload, the id of the button or row, or the token of the flow. */
  readonly id?: string;
  readonly title: string;
  readonly description?: string;
  /** The name of the form. */
  readonly name?: string;
  /** The answers in a form. */
  readonly response?: Readonly<Record<string, unknown>>;
  /** The answers as text, if they are not a JSON object, or one with keys that cannot be stored. */
  readonly responseText?: string;
}

/** A file, by the provider's id. It can be fetched with the channel's token for a few days. */
export interface InboundMedia {
  readonly id: string;
  readonly mimeType?: string;
  readonly filename?: string;
  readonly caption?: string;
  readonly sha256?: string;
  /** True for a voice note, false for other audio. */
  readonly isVoice?: boolean;
  /** True for a sticker that moves. */
  readonly isAnimated?: boolean;
}

export interface InboundLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
  readonly url?: string;
}

export interface ContactCard {
  readonly name: {
    readonly formattedName: string;
    readonly firstName?: string;
    readonly middleName?: string;
    readonly lastName?: string;
    readonly prefix?: string;
    readonly suffix?: string;
  };
  readonly phones: readonly { readonly phone?: string; readonly type?: string; readonly waId?: string }[];
  readonly emails: readonly { readonly email?: string; readonly type?: string }[];
  readonly urls: readonly { readonly url?: string; readonly type?: string }[];
  readonly org?: { readonly company?: string; readonly department?: string; readonly title?: string };
  readonly addresses: readonly {
    readonly street?: string;
    readonly city?: string;
    readonly state?: string;
    readonly zip?: string;
    readonly country?: string;
    readonly countryCode?: string;
    readonly type?: string;
  }[];
  readonly birthday?: string;
  /** The same card in the vCard format. */
  readonly vcard?: string;
}

export interface InboundReaction {
  /** Missing if the reaction was removed. */
  readonly emoji?: string;
}

/** A product of a catalog. */
export interface CatalogProduct {
  readonly catalogId?: string;
  /** The business's own id of the product. */
  readonly productId?: string;
}

export interface InboundOrder {
  readonly catalogId?: string;
  /** What the contact wrote with the order. */
  readonly note?: string;
  readonly items: readonly {
    readonly productId?: string;
    readonly quantity?: number;
    readonly price?: number;
    readonly currency?: string;
  }[];
}

/** The advertisement or post that the contact came from. */
export interface InboundReferral {
  readonly sourceUrl?: string;
  readonly sourceId?: string;
  readonly sourceType?: string;
  readonly headline?: string;
  readonly body?: string;
  readonly mediaType?: string;
  readonly imageUrl?: string;
  readonly videoUrl?: string;
  readonly thumbnailUrl?: string;
  /** Meta's id of the click, for conversion reports (`ctwa_clid`). */
  readonly clickId?: string;
  readonly welcomeText?: string;
}

export const systemKinds = ['number-changed', 'user-id-changed', 'identity-changed', 'other'] as const;
export type SystemKind = (typeof systemKinds)[number];

/** What WhatsApp tells about the contact. */
export interface SystemNotice {
  readonly kind: SystemKind;
  /** The provider's name of the kind. */
  readonly type?: string;
  /** The new number, digits only. */
  readonly whatsappId?: string;
  /** The number before. */
  readonly formerWhatsappId?: string;
  /** The new business-scoped user id. */
  readonly userId?: string;
  readonly identityHash?: string;
}

/** Why the provider could not show a message. */
export interface InboundError {
  readonly code?: string;
  readonly title?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly link?: string;
}

export interface CallPermission {
  readonly isGranted: boolean;
  readonly response?: string;
  readonly isPermanent?: boolean;
  /** Epoch milliseconds. */
  readonly expiresAtMs?: number;
  /** `user_action`, or `automatic` after the business was called. */
  readonly source?: string;
}

/** The state of the contact's device key, if the business checks it. */
export interface SenderIdentity {
  readonly hash?: string;
  readonly isAcknowledged?: boolean;
  /** Epoch milliseconds. */
  readonly createdAtMs?: number;
}

/** The content of an inbound message that is stored and shown. */
export interface ShownInbound {
  /** The readable text of the message. */
  readonly text?: string;
  readonly reply?: InboundReply;
  readonly media?: InboundMedia;
  readonly location?: InboundLocation;
  readonly contacts?: readonly ContactCard[];
  readonly reaction?: InboundReaction;
  readonly order?: InboundOrder;
  /** The product that the contact asks about. */
  readonly product?: CatalogProduct;
  readonly referral?: InboundReferral;
  readonly system?: SystemNotice;
  readonly errors?: readonly InboundError[];
  /** What the contact sent that the provider does not support, such as `poll`. */
  readonly unsupportedType?: string;
  readonly callPermission?: CallPermission;
  readonly senderIdentity?: SenderIdentity;
  /** Where a shared contact card comes from. */
  readonly origin?: string;
  readonly isForwarded?: true;
  readonly isFrequentlyForwarded?: true;
  /** A text or a list was too long, and is cut. */
  readonly isCut?: true;
}

export interface InboundContent extends ShownInbound {
  /** The message that this one answers or reacts to, by the provider's id. */
  readonly contextId?: string;
  /** Who wrote that message: a number (digits) or a user id. */
  readonly contextFrom?: string;
}
