import { getCountries, type CountryCode } from 'libphonenumber-js/max';
import { z } from 'zod';
import { pageQuery } from '../../platform/pagination.ts';
import { noControls, notEmpty, nonBlankText } from '../../platform/text-fields.ts';
import { ConsentBody } from '../contacts/schemas.ts';
import { TagsOfFile } from '../contacts/tag-schemas.ts';
import { importBounds } from './bounds.ts';
import { delimiters, quotes } from './csv/options.ts';
import { encodingNames } from './encoding/names.ts';
import { contactTargets } from './mapping/targets.ts';
import { planKinds } from './plan/rules.ts';
import { targetOf } from './settings.ts';
import { rowOutcomes } from './states.ts';

/** What requests say: queries, and the choices of users. */

export const ImportRowOutcome = z.enum(rowOutcomes).meta({ id: 'ImportRowOutcome' });
export const ImportRowPlan = z.enum(planKinds).meta({ id: 'ImportRowPlan' });

export const UploadImportQuery = z.strictObject({
  filename: z
    .string()
    .min(1)
    .max(240)
    .regex(noControls, { error: 'Must be one line without control characters.' })
    .optional()
    .meta({ description: 'The name of the file, to recognise the import by' }),
});

export const ListImportsQuery = z.strictObject(pageQuery);

export const StartImportQuery = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: '`true` imports a file again that was imported before, with the same columns' }),
});

export const ListImportRowsQuery = z.strictObject({
  ...pageQuery,
  outcome: ImportRowOutcome.optional().meta({ description: 'Only rows with this outcome' }),
  plan: ImportRowPlan.optional().meta({ description: 'Only rows with this plan' }),
});

const targetNames = contactTargets.map((target) => `\`${target}\``).join(', ');

const MappedColumnInput = z
  .strictObject({
    column: z
      .int()
      .min(0)
      .max(importBounds.maxColumns - 1)
      .meta({ description: 'The place of the column in the file, counted from 0' }),
    target: z
      .string()
      .max(60)
      .refine((text) => targetOf(text) !== undefined, { error: 'There is no such target.' })
      .meta({ description: `One of ${targetNames}, or \`customFields.<key>\`` }),
  })
  .meta({ id: 'ImportColumnInput', examples: [{ column: 0, target: 'phoneNumber' }] });

const MappingInput = z
  .array(MappedColumnInput)
  .max(importBounds.maxColumns)
  .superRefine((columns, context) => {
    for (const field of ['column', 'target'] as const) {
      const values = columns.map((each) => each[field]);
      const again = values.findIndex((value, place) => values.indexOf(value) !== place);
      if (again !== -1)
        context.addIssue({ code: 'custom', path: [again, field], message: `Each ${field} at most once.` });
    }
  })
  .meta({ description: 'Where the cells of each column go; columns that it leaves out are not imported' });

const countries = getCountries() as [CountryCode, ...CountryCode[]];

const { source } = ConsentBody.shape;
const ImportConsentInput = z
  .strictObject({
    status: z.enum(['opted-in', 'opted-out']).exactOptional().meta({
      description: 'For every row without a status of its own',
    }),
    source,
    wording: nonBlankText(2_000).exactOptional(),
  })
  .meta({
    id: 'ImportConsentInput',
    description: 'Where and how the people of the file agreed. Without it, no row can set `opted-in`',
    examples: [{ status: 'opted-in', source: 'Newsletter form, May 2026' }],
  });

const options = {
  encoding: z.enum(encodingNames),
  delimiter: z.enum(delimiters),
  quote: z.enum(quotes),
  hasHeader: z.boolean().meta({ description: 'Whether the first row names the columns' }),
  defaultCountry: z.enum(countries).meta({ description: 'The country of numbers without `+`' }),
  bareDigits: z.enum(['international', 'national']).meta({
    description: 'What digits without `+` are, where both can be meant',
  }),
  dateOrder: z.enum(['dmy', 'mdy', 'ymd']),
  decimal: z.enum(['point', 'comma']),
  onExisting: z.enum(['update', 'skip', 'fill-blanks']).meta({
    description: 'What a row does to a contact that exists. Blank cells change nothing, `--` clears',
  }),
  onDuplicateInFile: z.enum(['first', 'last', 'error']).meta({
    description: 'Which of several rows about one person counts',
  }),
  consent: ImportConsentInput,
  tags: TagsOfFile,
} as const;

const nullable = <T extends z.ZodType>(schema: T) => schema.nullable().exactOptional();

const ImportOptionsInput = z
  .strictObject({
    encoding: nullable(options.encoding),
    delimiter: nullable(options.delimiter),
    quote: nullable(options.quote),
    hasHeader: nullable(options.hasHeader),
    defaultCountry: nullable(options.defaultCountry),
    bareDigits: nullable(options.bareDigits),
    dateOrder: nullable(options.dateOrder),
    decimal: nullable(options.decimal),
    onExisting: nullable(options.onExisting),
    onDuplicateInFile: nullable(options.onDuplicateInFile),
    consent: nullable(options.consent),
    tags: nullable(options.tags),
  })
  .meta({
    id: 'ImportOptionsInput',
    description: 'Only the given ones change; null takes a choice back',
    examples: [{ defaultCountry: 'DE', tags: ['fair-2026'] }],
  });

export const PatchImportBody = z
  .strictObject({
    mapping: MappingInput.nullable().exactOptional(),
    options: ImportOptionsInput.exactOptional(),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateImportBody',
    examples: [
      {
        mapping: [
          { column: 0, target: 'phoneNumber' },
          { column: 2, target: 'customFields.plan' },
        ],
        options: { defaultCountry: 'DE', onExisting: 'fill-blanks' },
      },
    ],
  });
