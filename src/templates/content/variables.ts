/** Variables in the texts of a template, and what a send gives for them. Pure. */

/** Values by position (a list) or by name. */
export type VariableValues = readonly string[] | Readonly<Record<string, string>>;

/** A file by the id of an upload or by its address; only one of the two. */
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

/** What fits is for the header's format to say: a text header may well have a variable called `link`. */
export type HeaderValue = VariableValues | MediaValue | LocationValue;

export interface SectionValue {
  readonly title: string;
  readonly productIds: readonly string[];
}

/** The suffix of a URL, the payload of a quick reply or the coupon code as text; else what the button's kind takes. */
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
  readonly body?: VariableValues | undefined;
  /** By the button's place from 0. */
  readonly buttons?: Readonly<Record<string, ButtonValue>> | undefined;
}

export interface TemplateVariables extends CardVariables {
  /** Of a carousel, one for each card in its order. */
  readonly cards?: readonly CardVariables[] | undefined;
  /** Of a limited-time offer. */
  readonly offerExpiresAt?: Date | undefined;
  /** Of an authentication template. */
  readonly code?: string | undefined;
}

export const placeholder = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The variables of a text in order of first use: `1`, `2` … or names. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(placeholder)].map((match) => match[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

export const isPositional = (name: string): boolean => /^\d+$/.test(name);

/** Meta takes positional parameters by number; a translation may say `{{2}}` before `{{1}}`. */
export const inSendOrder = (names: readonly string[]): string[] =>
  names.every(isPositional) ? names.toSorted((a, b) => Number(a) - Number(b)) : [...names];

/** What was given by its name; a list gives the variables `1`, `2`, … in its order. */
export const byName = (given: object): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(
    Array.isArray(given)
      ? given.map((value: unknown, index) => [String(index + 1), value])
      : Object.entries(given).filter(([, value]) => value !== undefined),
  );
