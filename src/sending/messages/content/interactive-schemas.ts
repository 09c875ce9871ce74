import { z } from 'zod';
import {
  buttonUrl,
  eitherSource,
  fileName,
  footer,
  headerText,
  line,
  paragraph,
  shortBody,
  sourceFields,
} from './fields.ts';
import { repeated, sectionIssues } from './rules.ts';

/** Interactive messages. Source of the limits: Meta's reference of interactive messages. */

const Header = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: headerText }).meta({ id: 'TextHeaderInput' }),
    z
      .strictObject({ type: z.literal('image'), ...sourceFields })
      .refine(...eitherSource)
      .meta({ id: 'ImageHeaderInput' }),
    z
      .strictObject({ type: z.literal('video'), ...sourceFields })
      .refine(...eitherSource)
      .meta({ id: 'VideoHeaderInput' }),
    z
      .strictObject({ type: z.literal('document'), ...sourceFields, filename: fileName.optional() })
      .refine(...eitherSource)
      .meta({ id: 'DocumentHeaderInput' }),
  ])
  .meta({ id: 'MessageHeaderInput', description: 'A text, or a file shown above the text' });
export type Header = z.output<typeof Header>;

const Button = z
  .strictObject({
    id: line(256).meta({ description: 'Comes back when the button is tapped' }),
    title: line(20),
  })
  .meta({ id: 'ReplyButtonInput' });

const Buttons = z
  .array(Button)
  .min(1)
  .max(3)
  .superRefine((buttons, context) => {
    const placed = buttons.map((button, place) => ({ ...button, place }));
    for (const field of ['id', 'title'] as const) {
      for (const { place } of repeated(placed, (button) => button[field])) {
        const message = `Another button has this ${field}.`;
        context.addIssue({ code: 'custom', path: [place, field], message });
      }
    }
  });

export const ButtonsContent = z
  .strictObject({
    type: z.literal('buttons'),
    body: shortBody,
    header: Header.optional(),
    footer,
    buttons: Buttons,
  })
  .meta({ id: 'ButtonsContentInput' });

const Row = z
  .strictObject({
    id: line(200).meta({ description: 'Comes back when the row is chosen' }),
    title: line(24),
    description: line(72).optional(),
  })
  .meta({ id: 'ListRowInput' });

const Section = z
  .strictObject({
    title: line(24).optional().meta({ description: 'Required if there are several sections' }),
    rows: z.array(Row).min(1).max(10),
  })
  .meta({ id: 'ListSectionInput' });

const Sections = z
  .array(Section)
  .min(1)
  .max(10)
  .superRefine((sections, context) => {
    for (const { path, message } of sectionIssues(sections))
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .meta({ description: 'At most 10 rows in total, each with a different id' });

export const ListContent = z
  .strictObject({
    type: z.literal('list'),
    body: paragraph(4_096),
    header: headerText.optional().meta({ description: 'Text only' }),
    footer,
    buttonText: line(20).meta({ description: 'Opens the list' }),
    sections: Sections,
  })
  .meta({ id: 'ListContentInput' });

export const CtaUrlContent = z
  .strictObject({
    type: z.literal('ctaUrl'),
    body: shortBody,
    header: Header.optional(),
    footer,
    displayText: line(20).meta({ description: 'On the button' }),
    url: buttonUrl,
  })
  .meta({ id: 'LinkContentInput' });

const flowIdentifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, {
  error: 'Must be letters, digits and underscores, and must not start with a digit.',
});

export const FlowContent = z
  .strictObject({
    type: z.literal('flow'),
    body: shortBody,
    header: Header.optional(),
    footer,
    flowId: z
      .string()
      .regex(/^\d{1,32}$/, { error: 'Must be digits.' })
      .optional(),
    flowName: line(200).optional(),
    flowCta: line(20).meta({ description: 'On the button' }),
    flowToken: line(512).meta({ description: 'Comes back with the answers of the contact' }),
    action: z.enum(['navigate', 'data_exchange']).optional().meta({ description: '`navigate` if not given' }),
    screen: flowIdentifier.optional().meta({ description: 'The first screen, for `navigate`' }),
    data: z
      .record(flowIdentifier, z.unknown())
      .refine((data) => Object.keys(data).length > 0, { error: 'Give at least one field, or omit data.' })
      .optional()
      .meta({ description: 'For the first screen' }),
    mode: z.enum(['draft', 'published']).optional(),
  })
  .superRefine(({ flowId, flowName, action = 'navigate', screen, data }, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if ((flowId === undefined) === (flowName === undefined))
      refuse('flowId', 'Give either flowId or flowName.');
    if (action === 'navigate') {
      if (screen === undefined) refuse('screen', 'The action navigate requires a first screen.');
      return;
    }
    const setByEndpoint = 'With data_exchange the endpoint of the flow sets this; omit it.';
    if (screen !== undefined) refuse('screen', setByEndpoint);
    if (data !== undefined) refuse('data', setByEndpoint);
  })
  .meta({ id: 'FlowContentInput' });
