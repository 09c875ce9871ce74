import type { FieldRules } from '../../custom-fields/rules.ts';

/** What an import needs to know of a custom field. */
export interface FieldDefinition extends Pick<FieldRules, 'key' | 'type' | 'options'> {
  readonly label: string;
}

export const contactTargets = [
  ...(['phoneNumber', 'whatsappId', 'businessScopedUserId'] as const),
  ...(['name', 'firstName', 'lastName', 'timezone', 'tags', 'optInStatus'] as const),
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
