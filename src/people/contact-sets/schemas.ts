import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText } from '../../platform/text-fields.ts';
import { maxTagLength } from './rules.ts';

/** Tags and groups look alike. */

export const ListContactSetsQuery = z.strictObject(pageQuery);

interface SetTexts {
  /** Such as `Tag`; begins the names of the components. */
  readonly id: string;
  readonly exampleId: string;
  readonly exampleName: string;
  readonly renamed: string;
}

function schemasOf(name: z.ZodString, { id, exampleId, exampleName, renamed }: SetTexts) {
  const View = z
    .object({
      id: z.string(),
      name: z.string(),
      contactCount: z.int().min(0).meta({ description: 'Counted when it is asked for' }),
      isCountExact: z.boolean().meta({
        description:
          'False if there are more contacts: lists count up to 1,000 for each, single requests up to 100,000',
      }),
      createdAt: z.iso.datetime(),
    })
    .meta({
      id,
      examples: [
        {
          ...{ id: exampleId, name: exampleName, contactCount: 42, isCountExact: true },
          createdAt: '2026-11-23T09:00:00.000Z',
        },
      ],
    });
  return {
    CreateBody: z.strictObject({ name }).meta({ id: `Create${id}Body`, examples: [{ name: exampleName }] }),
    PatchBody: z.strictObject({ name }).meta({ id: `Update${id}Body`, examples: [{ name: renamed }] }),
    View,
    Page: pageOf(View, `${id}Page`),
  };
}

export const tagSchemas = schemasOf(LineText.max(maxTagLength), {
  ...{ id: 'Tag', exampleId: '665f1f77bcf86cd7994390b1', exampleName: 'Retail', renamed: 'Retailer' },
});

export const contactGroupSchemas = schemasOf(LineText.max(60), {
  ...{ id: 'ContactGroup', exampleId: '665f1f77bcf86cd7994390c1' },
  ...{ exampleName: 'Guests of the fair', renamed: 'Guests of the fair 2026' },
});
