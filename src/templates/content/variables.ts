/** Variables in the texts of a template, and their values. Pure. */

/** Values by position (a list) or by name. */
export type VariableValues = readonly string[] | Readonly<Record<string, string>>;

/** An amount or a time that WhatsApp may write as the contact's phone does; the text is what it shows otherwise. */
export type TypedValue =
  | {
      readonly type: 'currency';
      readonly text: string;
      /** ISO 4217. */
      readonly code: string;
      /** The amount times 1,000. */
      readonly amount1000: number;
    }
  | { readonly type: 'dateTime'; readonly text: string };

/** Values of a body by position (a list) or by name. */
export type BodyValues = readonly (string | TypedValue)[] | Readonly<Record<string, string | TypedValue>>;

/** A file by the id of an upload or by its address, but not both. */
export interface MediaValue {
  readonly mediaId?: string | undefined;
  readonly link?: string | undefined;
  readonly filename?: string | undefined;
}

export interface LocationValue {
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly name?: string | undefined;
  readonly address?: string | undefined;
}

/** The format of the header decides which form is meant: a text header may have a variable called `link`. */
export type HeaderValue = VariableValues | MediaValue | LocationValue;

export interface SectionValue {
  readonly title: string;
  readonly productIds: readonly string[];
}

/** The suffix of a URL, the payload of a quick reply or the coupon code; an object for flows and products. */
export type ButtonValue =
  | string
  | {
      readonly flowToken?: string | undefined;
      readonly data?: Readonly<Record<string, unknown>> | undefined;
      readonly thumbnailProductId?: string | undefined;
      readonly sections?: readonly SectionValue[] | undefined;
    };

export interface CardVariables {
  readonly header?: HeaderValue | undefined;
  readonly body?: BodyValues | undefined;
  /** By position, starting at 0. */
  readonly buttons?: Readonly<Record<string, ButtonValue>> | undefined;
}

export interface TemplateVariables extends CardVariables {
  /** For a carousel: one entry per card, in order. */
  readonly cards?: readonly CardVariables[] | undefined;
  /** For a limited-time offer. */
  readonly offerExpiresAt?: Date | undefined;
  /** For an authentication template. */
  readonly code?: string | undefined;
}

export const placeholder = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The variables of a text in order of first use: numbers or names. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(placeholder)].map((match) => match[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

export const isPositional = (name: string): boolean => /^\d+$/.test(name);

/** Meta takes positional parameters by number, but a translation may use `{{2}}` before `{{1}}`. */
export const inSendOrder = (names: readonly string[]): string[] =>
  names.every(isPositional) ? names.toSorted((a, b) => Number(a) - Number(b)) : [...names];

/** The given values by name; a list gives the variables `1`, `2` and so on. */
export const byName = (given: object): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(
    Array.isArray(given)
      ? given.map((value: unknown, index) => [String(index + 1), value])
      : Object.entries(given).filter(([, value]) => value !== undefined),
  );
