import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';

const name = LineText.max(60);
const ColourText = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/, { error: 'Must be a colour such as #dc2626.' })
  .toLowerCase()
  .meta({ examples: ['#dc2626'] });

export const CreateLabelBody = z
  .strictObject({ name, colour: ColourText.default('#6b7280') })
  .meta({ id: 'CreateLabelBody', examples: [{ name: 'Refund', colour: '#dc2626' }] });

export const PatchLabelBody = z
  .strictObject({ name: name.exactOptional(), colour: ColourText.exactOptional() })
  .refine(...notEmpty)
  .meta({ id: 'UpdateLabelBody', examples: [{ name: 'Refunds', colour: '#b91c1c' }] });

export const ListLabelsQuery = z.strictObject(pageQuery);

export const LabelView = z
  .object({
    id: z.string(),
    name: z.string(),
    colour: z.string().meta({ description: 'Red, green and blue in hexadecimal digits' }),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'Label',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd799439031', name: 'Refund', colour: '#dc2626' },
        createdAt: '2026-11-23T09:00:00.000Z',
      },
    ],
  });
export type LabelView = z.input<typeof LabelView>;

export const LabelPage = pageOf(LabelView, 'LabelPage');
