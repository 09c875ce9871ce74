/** Template components in the form of Meta's template API. Types only. */

/** Sample values for Meta's reviewers; kept as given. */
export type TemplateExample = Readonly<Record<string, unknown>>;

export const mediaFormats = ['IMAGE', 'VIDEO', 'DOCUMENT'] as const;
export type MediaFormat = (typeof mediaFormats)[number];

export type TemplateHeader =
  | {
      readonly type: 'HEADER';
      readonly format: 'TEXT';
      readonly text: string;
      readonly example?: TemplateExample | undefined;
    }
  | {
      readonly type: 'HEADER';
      readonly format: MediaFormat;
      readonly example?: TemplateExample | undefined;
    }
  | { readonly type: 'HEADER'; readonly format: 'LOCATION' };

/** Meta writes the text of an authentication template, so it is missing until the first sync. */
export interface TemplateBody {
  readonly type: 'BODY';
  readonly text?: string | undefined;
  readonly add_security_recommendation?: boolean | undefined;
  readonly example?: TemplateExample | undefined;
}

export interface TemplateFooter {
  readonly type: 'FOOTER';
  readonly text?: string | undefined;
  /** For an authentication template; Meta writes the text around it. */
  readonly code_expiration_minutes?: number | undefined;
}

export interface TemplateButtons {
  readonly type: 'BUTTONS';
  readonly buttons: readonly TemplateButton[];
}

export interface TemplateCard {
  readonly components: readonly (TemplateHeader | TemplateBody | TemplateButtons | OtherComponent)[];
}

export interface TemplateCarousel {
  readonly type: 'CAROUSEL';
  readonly cards: readonly TemplateCard[];
}

export interface TemplateOffer {
  readonly type: 'LIMITED_TIME_OFFER';
  readonly limited_time_offer: { readonly text: string; readonly has_expiration?: boolean | undefined };
}

/** A component or button of an unknown type, kept unchanged so that positions stay correct. */
export interface OtherComponent {
  readonly type: 'OTHER';
  readonly original: Readonly<Record<string, unknown>>;
}

export type TemplateComponentDefinition =
  | TemplateHeader
  | TemplateBody
  | TemplateFooter
  | TemplateButtons
  | TemplateCarousel
  | TemplateOffer
  | OtherComponent;

export const otpTypes = ['COPY_CODE', 'ONE_TAP', 'ZERO_TAP'] as const;

export interface OtpButton {
  readonly type: 'OTP';
  readonly otp_type: (typeof otpTypes)[number];
  readonly text?: string | undefined;
  readonly autofill_text?: string | undefined;
  readonly zero_tap_terms_accepted?: boolean | undefined;
  readonly supported_apps?:
    | readonly { readonly package_name: string; readonly signature_hash: string }[]
    | undefined;
}

export interface FlowButton {
  readonly type: 'FLOW';
  readonly text: string;
  readonly flow_id?: string | undefined;
  readonly flow_name?: string | undefined;
  readonly flow_json?: string | undefined;
  readonly flow_action?: 'navigate' | 'data_exchange' | undefined;
  readonly navigate_screen?: string | undefined;
}

export type TemplateButton =
  | { readonly type: 'QUICK_REPLY'; readonly text: string }
  | {
      readonly type: 'URL';
      readonly text: string;
      readonly url: string;
      readonly example?: readonly string[] | undefined;
    }
  | { readonly type: 'PHONE_NUMBER'; readonly text: string; readonly phone_number: string }
  | { readonly type: 'COPY_CODE'; readonly example?: string | readonly string[] | undefined }
  | FlowButton
  | { readonly type: 'CATALOG' | 'MPM'; readonly text: string }
  | OtpButton
  | OtherComponent;

export type ComponentOf<Type extends TemplateComponentDefinition['type']> = Extract<
  TemplateComponentDefinition,
  { type: Type }
>;

/** The first component of a kind; a valid template has at most one. */
export const partOf = <Type extends TemplateComponentDefinition['type']>(
  components: readonly TemplateComponentDefinition[],
  type: Type,
): ComponentOf<Type> | undefined =>
  components.find((component): component is ComponentOf<Type> => component.type === type);
