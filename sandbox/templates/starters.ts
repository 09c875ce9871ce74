/** The initial templates of every account. */
import { createTemplateId } from '../identifiers.ts';
import type { Template } from './template.ts';

const body = (text: string, example?: object): object => ({
  type: 'BODY',
  text,
  ...(example ? { example } : {}),
});

/** Must equal the starter templates of a new client of the product. */
const STARTERS: readonly Pick<Template, 'name' | 'parameterFormat' | 'components'>[] = [
  {
    name: 'hello_world',
    parameterFormat: 'POSITIONAL',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Hello World' },
      body('Welcome and congratulations! This message shows that you can send templates.'),
      { type: 'FOOTER', text: 'WhatsApp CRM sandbox' },
    ],
  },
  {
    name: 'order_update',
    parameterFormat: 'POSITIONAL',
    components: [
      body('Hello {{1}}, your order {{2}} is on its way. Thank you for your trust.', {
        body_text: [['Asha', 'A-1001']],
      }),
    ],
  },
  {
    name: 'appointment_reminder',
    parameterFormat: 'NAMED',
    components: [
      {
        ...{ type: 'HEADER', format: 'TEXT', text: 'A reminder for {{customer}}' },
        example: { header_text_named_params: [{ param_name: 'customer', example: 'Ana' }] },
      },
      body('Dear {{customer}}, we expect you on {{date}} at {{time}}. See you then!', {
        body_text_named_params: [
          { param_name: 'customer', example: 'Ana' },
          { param_name: 'date', example: '1 March' },
          { param_name: 'time', example: '10:00' },
        ],
      }),
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'I will come' },
          { type: 'QUICK_REPLY', text: 'Please call me' },
        ],
      },
    ],
  },
];

export const startersOf = (wabaId: string): Template[] =>
  STARTERS.map((starter) => ({
    ...starter,
    id: createTemplateId(`${wabaId} ${starter.name}`),
    wabaId,
    language: 'en_US',
    category: 'UTILITY',
    status: 'APPROVED',
    qualityScore: 'UNKNOWN',
    editedAt: [],
  }));
