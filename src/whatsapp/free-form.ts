/** The objects of free-form messages in Meta's Cloud API. Source: Meta's messages reference. Types only. */

export interface TextObject {
  readonly body: string;
  readonly preview_url?: boolean;
}

/** The id of an upload, or an address from which Meta fetches the file. */
export type MediaSource = { readonly id: string } | { readonly link: string };

type Captioned = MediaSource & { readonly caption?: string };
type NamedFile = MediaSource & { readonly filename?: string };

export interface LocationObject {
  readonly latitude: number;
  readonly longitude: number;
  readonly name?: string;
  readonly address?: string;
}

export interface ContactObject {
  readonly name: {
    readonly formatted_name: string;
    readonly first_name?: string;
    readonly last_name?: string;
    readonly middle_name?: string;
    readonly prefix?: string;
    readonly suffix?: string;
  };
  readonly phones?: readonly { readonly phone: string; readonly type?: string; readonly wa_id?: string }[];
  readonly emails?: readonly { readonly email: string; readonly type?: string }[];
  readonly urls?: readonly { readonly url: string; readonly type?: string }[];
  readonly org?: { readonly company?: string; readonly department?: string; readonly title?: string };
  readonly addresses?: readonly {
    readonly street?: string;
    readonly city?: string;
    readonly state?: string;
    readonly zip?: string;
    readonly country?: string;
    readonly country_code?: string;
    readonly type?: string;
  }[];
  readonly birthday?: string;
}

export interface ReactionObject {
  /** The provider's id of the message that is reacted to. */
  readonly message_id: string;
  /** Empty to remove the reaction. */
  readonly emoji: string;
}

export type HeaderObject =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: MediaSource }
  | { readonly type: 'video'; readonly video: MediaSource }
  | { readonly type: 'document'; readonly document: NamedFile };

interface InteractiveParts {
  readonly header?: HeaderObject;
  readonly body: { readonly text: string };
  readonly footer?: { readonly text: string };
}

export interface RowObject {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
}

export interface ButtonsAction {
  readonly buttons: readonly {
    readonly type: 'reply';
    readonly reply: { readonly id: string; readonly title: string };
  }[];
}

export interface ListAction {
  readonly button: string;
  readonly sections: readonly { readonly title?: string; readonly rows: readonly RowObject[] }[];
}

export interface CtaUrlAction {
  readonly name: 'cta_url';
  readonly parameters: { readonly display_text: string; readonly url: string };
}

type FlowName = { readonly flow_id: string } | { readonly flow_name: string };

export interface FlowAction {
  readonly name: 'flow';
  readonly parameters: FlowName & {
    readonly flow_message_version: '3';
    readonly flow_token: string;
    readonly flow_cta: string;
    readonly flow_action: 'navigate' | 'data_exchange';
    readonly flow_action_payload?: {
      readonly screen: string;
      readonly data?: Readonly<Record<string, unknown>>;
    };
    readonly mode?: 'draft' | 'published';
  };
}

/** Values of an address form by Meta's name of the field. */
export type AddressValuesObject = Readonly<Partial<Record<string, string>>>;

export interface AddressAction {
  readonly name: 'address_message';
  readonly parameters: {
    readonly country: 'IN' | 'SG';
    readonly values?: AddressValuesObject;
    readonly saved_addresses?: readonly { readonly id: string; readonly value: AddressValuesObject }[];
    readonly validation_errors?: AddressValuesObject;
  };
}

export interface CatalogAction {
  readonly name: 'catalog_message';
  readonly parameters?: { readonly thumbnail_product_retailer_id: string };
}

export interface ProductAction {
  readonly catalog_id: string;
  readonly product_retailer_id: string;
}

export interface ProductListAction {
  readonly catalog_id: string;
  readonly sections: readonly {
    readonly title?: string;
    readonly product_items: readonly { readonly product_retailer_id: string }[];
  }[];
}

/** The one interactive message whose text is optional, and that has no header. */
export interface ProductObject extends Partial<Pick<InteractiveParts, 'body'>> {
  readonly type: 'product';
  readonly footer?: { readonly text: string };
  readonly action: ProductAction;
}

export type InteractiveObject =
  | ProductObject
  | (InteractiveParts &
      (
        | { readonly type: 'button'; readonly action: ButtonsAction }
        | { readonly type: 'list'; readonly action: ListAction }
        | { readonly type: 'cta_url'; readonly action: CtaUrlAction }
        | { readonly type: 'flow'; readonly action: FlowAction }
        | { readonly type: 'location_request_message'; readonly action: { readonly name: 'send_location' } }
        | {
            readonly type: 'request_contact_info';
            readonly action: { readonly name: 'request_contact_info' };
          }
        | { readonly type: 'address_message'; readonly action: AddressAction }
        | { readonly type: 'catalog_message'; readonly action: CatalogAction }
        | { readonly type: 'product_list'; readonly action: ProductListAction }
      ));

/** A free-form message: its type, and an object under the name of the type. */
export type FreeFormPayload =
  | { readonly type: 'text'; readonly text: TextObject }
  | { readonly type: 'image'; readonly image: Captioned }
  | { readonly type: 'video'; readonly video: Captioned }
  | { readonly type: 'audio'; readonly audio: MediaSource & { readonly voice?: boolean } }
  | { readonly type: 'document'; readonly document: Captioned & NamedFile }
  | { readonly type: 'sticker'; readonly sticker: MediaSource }
  | { readonly type: 'location'; readonly location: LocationObject }
  | { readonly type: 'contacts'; readonly contacts: readonly ContactObject[] }
  | { readonly type: 'reaction'; readonly reaction: ReactionObject }
  | { readonly type: 'interactive'; readonly interactive: InteractiveObject };
