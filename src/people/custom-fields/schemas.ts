import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { maxFieldFilters } from './filters.ts';
import { fieldTypes, maxFields, maxOptions, maxTextLength } from './rules.ts';

export const CustomFieldType = z.enum(fieldTypes).meta({
  id: 'CustomFieldType',
  description:
    'The values are texts, numbers, booleans, dates (`2026-11-23`), times (ISO 8601), the key of an option, or a list ' +
    'of keys of options',
});

const KeyText = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,35}$/, {
    error: 'Must begin with a lower-case letter and have at most 36 lower-case letters, digits and _.',
  })
  .meta({ description: 'The name of the field in `customFields` of contacts; it never changes' });

const OptionKey = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,35}$/, {
  error: 'Must have at most 36 lower-case letters, digits, _ and -, and begin with a letter or digit.',
});

const option = { key: OptionKey, label: LineText };

const Options = z
  .array(z.strictObject(option).meta({ id: 'CustomFieldOptionInput' }))
  .min(1)
  .max(maxOptions)
  .superRefine((options, context) => {
    const seen = new Set<string>();
    for (const [index, { key }] of options.entries()) {
      if (seen.has(key))
        context.addIssue({ code: 'custom', path: [index, 'key'], message: 'Another option has this key.' });
      seen.add(key);
    }
  })
  .meta({
    description:
      'Of `select` and `multi-select`, in their order. Contacts keep an option that is left out later, and new values refuse it',
  });

const order = z.int().min(0).max(9_999).meta({ description: 'The place among the fields, lowest first' });
const required = z.boolean().meta({
  description:
    'Whether `POST /api/contacts` must give a value, and none may be cleared. Contacts that messages or leads create may lack it',
});

const exampleOptions = [
  { key: 'free', label: 'Free' },
  { key: 'pro', label: 'Professional' },
];

export const CreateCustomFieldBody = z
  .strictObject({
    key: KeyText,
    label: LineText,
    type: CustomFieldType,
    options: Options.optional(),
    required: required.default(false),
    order: order.optional().meta({ description: 'The last place if not given' }),
  })
  .superRefine(({ type, options }, context) => {
    const message = optionsFault(type, options);
    if (message !== null) context.addIssue({ code: 'custom', path: ['options'], message });
  })
  .meta({
    id: 'CreateCustomFieldBody',
    examples: [
      { key: 'plan', label: 'Plan', type: 'select', options: exampleOptions, required: false, order: 10 },
    ],
  });

/** Why a field of this type cannot have these options; null if it can. */
function optionsFault(
  type: z.infer<typeof CustomFieldType>,
  options: readonly object[] | undefined,
): string | null {
  const isChoice = type === 'select' || type === 'multi-select';
  if (isChoice === (options !== undefined)) return null;
  return isChoice ? 'A field of this type needs options.' : 'A field of this type has no options.';
}

export const PatchCustomFieldBody = z
  .strictObject({
    label: LineText.exactOptional(),
    options: Options.exactOptional(),
    required: required.exactOptional(),
    order: order.exactOptional(),
    isArchived: z.boolean().exactOptional().meta({
      description: 'Archives the field, or restores it. Contacts keep their values, and new ones are refused',
    }),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateCustomFieldBody',
    examples: [{ label: 'Tariff', required: false, order: 20, isArchived: false }],
  });

/** Also the keys of values from before fields had definitions, so that those can be cleared. */
const fieldKey = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, {
  error: 'Must begin with a letter and have at most 64 letters, digits, _ and -.',
});
const fieldValue = z.union(
  [
    z.string().max(maxTextLength),
    z.number(),
    z.boolean(),
    z.array(z.string().max(maxTextLength)).min(1).max(maxOptions),
  ],
  {
    error: `Must be a text of at most ${maxTextLength} characters, a number, a boolean or a list of options.`,
  },
);
const notTooMany = [
  (values: object) => Object.keys(values).length <= maxFields,
  { error: `At most ${maxFields} fields.` },
] as const;

/** Values of a new contact; their definitions are asked later (`checks.ts`). */
export const FieldValuesInput = z
  .record(fieldKey, fieldValue)
  .refine(...notTooMany)
  .meta({ description: 'By the keys of custom fields; a blank text gives no value' });

export const FieldChangesInput = z
  .record(fieldKey, fieldValue.nullable())
  .refine(...notTooMany)
  .nullable()
  .meta({
    description:
      'Changes the given keys; a blank text changes nothing, null clears a value, null for the whole clears all',
  });

export const FieldValuesView = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .meta({ description: 'Values by the keys of custom fields, those of archived fields included' });

/** Filters of a list of contacts, by the names that `readFieldFilters` reads. */
export const FieldFiltersQuery = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_]{0,35}(?:\.(?:gte|lte))?$/, {
      error: 'Must be the key of a custom field, for numbers and dates also with .gte or .lte.',
    }),
    z.string().max(maxTextLength),
  )
  .refine((filters) => Object.keys(filters).length <= maxFieldFilters, {
    error: `At most ${maxFieldFilters} filters are allowed.`,
  })
  .meta({
    description:
      'Only contacts with these values of custom fields, up to five: `customField[city]=Berlin` compares exactly, and finds ' +
      'one option among several; `customField[orders.gte]=3` and `.lte` bound numbers, dates and times',
    examples: [{ city: 'Berlin', 'orders.gte': '3' }],
  });

export const ListCustomFieldsQuery = z.strictObject(pageQuery);

export const CustomFieldView = z
  .object({
    id: z.string(),
    key: z.string(),
    label: z.string(),
    type: CustomFieldType,
    options: z
      .array(z.object({ key: z.string(), label: z.string() }).meta({ id: 'CustomFieldOption' }))
      .nullable()
      .meta({ description: 'Null unless the type chooses among options' }),
    required: z.boolean(),
    order: z.int(),
    isArchived: z.boolean(),
    archivedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'CustomField',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd799439051', key: 'plan', label: 'Plan', type: 'select' },
        ...{ options: exampleOptions, required: false, order: 10, isArchived: false, archivedAt: null },
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type CustomFieldView = z.input<typeof CustomFieldView>;

export const CustomFieldPage = pageOf(CustomFieldView, 'CustomFieldPage');
