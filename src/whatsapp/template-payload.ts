/** The components of a template message in Meta's Cloud API. Source: Meta's template messages reference. */

export interface TextParameter {
  readonly type: 'text';
  readonly text: string;
  readonly parameter_name?: string;
}

export interface CurrencyParameter {
  readonly type: 'currency';
  readonly currency: {
    readonly fallback_value: string;
    readonly code: string;
    readonly amount_1000: number;
  };
  readonly parameter_name?: string;
}

export interface DateTimeParameter {
  readonly type: 'date_time';
  readonly date_time: { readonly fallback_value: string };
  readonly parameter_name?: string;
}

export interface PayloadParameter {
  readonly type: 'payload';
  readonly payload: string;
}

export interface CouponParameter {
  readonly type: 'coupon_code';
  readonly coupon_code: string;
}

/** A file, by the id of an upload or by its address. */
export type MediaReference = ({ readonly id: string } | { readonly link: string }) & {
  readonly filename?: string;
};

export type MediaParameter =
  | { readonly type: 'image'; readonly image: MediaReference }
  | { readonly type: 'video'; readonly video: MediaReference }
  | { readonly type: 'document'; readonly document: MediaReference };

export interface LocationParameter {
  readonly type: 'location';
  readonly location: {
    readonly latitude: number;
    readonly longitude: number;
    readonly name: string;
    readonly address: string;
  };
}

export interface ProductSection {
  readonly title: string;
  readonly product_items: readonly { readonly product_retailer_id: string }[];
}

export interface ActionParameter {
  readonly type: 'action';
  readonly action: {
    readonly flow_token?: string;
    readonly flow_action_data?: Readonly<Record<string, unknown>>;
    readonly thumbnail_product_retailer_id?: string;
    readonly sections?: readonly ProductSection[];
  };
}

export type BodyParameter = TextParameter | CurrencyParameter | DateTimeParameter;
export type HeaderParameter = TextParameter | MediaParameter | LocationParameter;
export type ButtonParameter = TextParameter | PayloadParameter | CouponParameter | ActionParameter;

export interface HeaderComponent {
  readonly type: 'header';
  readonly parameters: readonly HeaderParameter[];
}

export interface BodyComponent {
  readonly type: 'body';
  readonly parameters: readonly BodyParameter[];
}

export interface ButtonComponent {
  readonly type: 'button';
  readonly sub_type: 'url' | 'quick_reply' | 'copy_code' | 'flow' | 'catalog' | 'mpm';
  /** The index of the button among all buttons of the template or card, as text. */
  readonly index: string;
  readonly parameters: readonly ButtonParameter[];
}

export interface OfferComponent {
  readonly type: 'limited_time_offer';
  readonly parameters: readonly [
    {
      readonly type: 'limited_time_offer';
      readonly limited_time_offer: { readonly expiration_time_ms: number };
    },
  ];
}

export type CardComponent = HeaderComponent | BodyComponent | ButtonComponent;

export interface CarouselComponent {
  readonly type: 'carousel';
  readonly cards: readonly { readonly card_index: number; readonly components: readonly CardComponent[] }[];
}

export type TemplateComponent = CardComponent | OfferComponent | CarouselComponent;
