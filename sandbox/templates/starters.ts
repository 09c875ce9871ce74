/** The templates that every account has from the start. */
import { createTemplateId } from '../identifiers.ts';
import type { Template } from './template.ts';

const body = (text: string, example?: object): object => ({
  type: 'BODY',
  text,
  ...(example ? { example } : {}),
});

const STARTERS: readonly Pick<Template, 'name' | 'parameterFormat' | 'components'>[] = [
  {
    name: 'hello_world',
    parameterFormat: 'POSITIONAL',
    components: [body('Welcome and congratulations! This message shows that you can send templates.')],
  },
  {
    name: 'order_update',
    parameterFormat: 'POSITIONAL',
    components: [body('Hi {{1}}, your order {{2}} is on its way.', { body_text: [['Asha', 'A-1001']] })],
  },
  {
    name: 'appointment_reminder',
    parameterFormat: 'NAMED',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Reminder from {{business}}' },
      body('Hello {{name}}, we expect you on {{date}} at {{time}}.'),
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Confirm' },
          { type: 'QUICK_REPLY', text: 'Reschedule' },
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
