import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { noControls, notEmpty, paragraphText } from '../../platform/text-fields.ts';
import { checkBraces } from '../../templates/content/checks/text.ts';
import { maxBodyLength } from './filling.ts';
import { knownVariables } from './rendering.ts';

const maxValues = 50;
const aboutVariables =
  `Variables are written \`{{name}}\`. ${knownVariables.map((name) => `\`${name}\``).join(', ')} have a value in ` +
  'most conversations; others are given when the reply is rendered';

const shortCode = z
  .string()
  .trim()
  .normalize()
  .toLowerCase()
  .min(1)
  .max(40)
  .regex(/^\S+$/, { error: 'Must not contain spaces.' })
  .regex(noControls, { error: 'Must not contain control characters.' })
  .meta({ description: 'What agents type to find it; stored in lower case', examples: ['hours'] });

const body = paragraphText(maxBodyLength)
  .refine((text) => checkBraces(text, '').length === 0, { error: 'A variable is written {{1}} or {{name}}.' })
  .meta({ description: aboutVariables });

export const CannedReplyScope = z.enum(['shared', 'own']).meta({
  id: 'CannedReplyScope',
  description: '`shared`: all users see it, and admins change it. `own`: only its owner sees it',
});

export const CreateCannedReplyBody = z
  .strictObject({ shortCode, body, scope: CannedReplyScope.default('own') })
  .meta({
    id: 'CreateCannedReplyBody',
    examples: [
      { shortCode: 'hours', body: 'Hello {{contact_name}}, we are open from 9 to 18 h.', scope: 'own' },
    ],
  });

export const PatchCannedReplyBody = z
  .strictObject({ shortCode: shortCode.exactOptional(), body: body.exactOptional() })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateCannedReplyBody',
    examples: [{ shortCode: 'open', body: 'Hello {{contact_name}}, we are open until six.' }],
  });

export const ListCannedRepliesQuery = z.strictObject({
  ...pageQuery,
  q: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(noControls, { error: 'Must not contain control characters.' })
    .optional()
    .meta({
      description:
        'Best first: codes that begin with it, codes that contain it, then texts that contain it, in any case. ' +
        'Without it, all are listed by code',
    }),
});

export const replyValues = z
  .record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/), z.string().max(maxBodyLength))
  .refine((values) => Object.keys(values).length <= maxValues, {
    error: `At most ${maxValues} values are allowed.`,
  })
  .default({})
  .meta({ description: 'Values of variables, before those that are known' });

export const RenderCannedReplyBody = z
  .strictObject({ conversationId: objectIdText, values: replyValues })
  .meta({
    id: 'RenderCannedReplyBody',
    examples: [{ conversationId: '665f1c2ab7e4d3a9c8b01240', values: { contact_name: 'Ana' } }],
  });

export const RenderedReply = z
  .object({
    text: z.string().nullable().meta({ description: 'Null while a variable has no value' }),
    needs: z.array(z.string()).meta({ description: 'The variables without a value: give them in `values`' }),
  })
  .meta({ id: 'RenderedReply', examples: [{ text: 'Hello Ana, we are open from 9 to 18 h.', needs: [] }] });

export const CannedReplyView = z
  .object({
    id: z.string(),
    shortCode: z.string(),
    scope: CannedReplyScope,
    body: z.string(),
    variables: z.array(z.string()).meta({ description: 'Those of the body, in the order of first use' }),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'CannedReply',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd799439061', shortCode: 'hours', scope: 'shared' },
        body: 'Hello {{contact_name}}, we are open from 9 to 18 h.',
        ...{ variables: ['contact_name'], createdAt: '2026-11-23T09:00:00.000Z' },
      },
    ],
  });
export type CannedReplyView = z.input<typeof CannedReplyView>;

export const CannedReplyPage = pageOf(CannedReplyView, 'CannedReplyPage');
