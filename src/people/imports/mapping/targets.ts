import type { SelectOption } from '../cells/texts.ts';

export const customFieldTypes = [
  'text',
  'number',
  'boolean',
  'date',
  'datetime',
  'select',
  'multi-select',
] as const;

/** What an import needs to know of a custom field. */
export interface FieldDefinition {
  readonly key: string;
  readonly label: string;
  readonly type: (typeof customFieldTypes)[number];
  readonly options?: readonly SelectOption[];
}

export const contactTargets = [
  ...(['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const),
  ...(['name', 'firstName', 'lastName', 'tags', 'optInStatus'] as const),
] as const;
export type ContactTarget = (typeof contactTargets)[number];

/** Where the cells of a column go. Columns without a target are not imported. */
export type Target =
  | { readonly kind: 'contact'; readonly field: ContactTarget }
  | { readonly kind: 'custom'; readonly key: string };

/** Targets by the place of their column. */
export type Mapping = ReadonlyMap<number, Target>;

export const targetKey = (target: Target): string =>
  target.kind === 'contact' ? target.field : `customFields.${target.key}`;
