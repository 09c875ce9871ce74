import type { ContentCategory } from './checks/check.ts';
import type { TemplateComponentDefinition } from './definition.ts';

interface StarterTemplate {
  readonly name: string;
  readonly category: ContentCategory;
  readonly components: readonly TemplateComponentDefinition[];
}

/** The templates of a new client in sandbox mode: without variables, by position, and by name with buttons. */
export const starterTemplates: readonly StarterTemplate[] = [
  {
    name: 'hello_world',
    category: 'utility',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Hello World' },
      { type: 'BODY', text: 'Welcome and congratulations! This message shows that you can send templates.' },
      { type: 'FOOTER', text: 'WhatsApp CRM sandbox' },
    ],
  },
  {
    name: 'order_update',
    category: 'utility',
    components: [
      { type: 'BODY', text: 'Hello {{1}}, your order {{2}} is on its way. Thank you for your trust.' },
    ],
  },
  {
    name: 'appointment_reminder',
    category: 'utility',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'A reminder for {{customer}}' },
      { type: 'BODY', text: 'Dear {{customer}}, we expect you on {{date}} at {{time}}. See you then!' },
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
