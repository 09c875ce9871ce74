import type { CustomFieldView } from './schemas.ts';
import type { CustomFieldDoc } from './use-cases.ts';

export const toCustomFieldView = (field: CustomFieldDoc): CustomFieldView => ({
  id: field._id.toHexString(),
  key: field.key,
  label: field.label,
  type: field.type,
  options: field.options?.map(({ key, label }) => ({ key, label })) ?? null,
  required: field.required,
  order: field.order,
  isArchived: field.archivedAt !== undefined,
  archivedAt: field.archivedAt?.toISOString() ?? null,
  createdAt: field.createdAt.toISOString(),
});
