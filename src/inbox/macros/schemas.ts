import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty, paragraphText } from '../../platform/text-fields.ts';
import { templateLanguage, templateName, templateVariables } from '../../templates/schemas.ts';
import { maxBodyLength } from '../canned-replies/filling.ts';
import { replyValues } from '../canned-replies/schemas.ts';
import { GiveBackInput, SetStatusInput, TakeInput } from '../conversations/bulk/schemas.ts';
import { ConversationStatus, ConversationView } from '../conversations/schemas.ts';
import { MacroSnoozeInput } from '../conversations/snooze-schemas.ts';
import { maxMentions, mentionedIn } from '../notes/mentions.ts';
import { maxActions } from './model.ts';

const name = LineText.max(60);

export const MacroScope = z.enum(['shared', 'own']).meta({
  id: 'MacroScope',
  description: '`shared`: all users run it, and admins change it. `own`: only its owner sees it',
});

const agent = z
  .union([z.literal('auto'), objectIdText], { error: 'Must be the id of a user, or auto.' })
  .nullable();

const labels = z
  .array(objectIdText)
  .min(1)
  .max(20)
  .superRefine((ids, context) => {
    const texts = ids.map(String);
    for (const [index, id] of texts.entries()) {
      if (texts.indexOf(id) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'The label occurs twice.' });
    }
  });

const noteText = paragraphText(10_000)
  .refine((text) => mentionedIn(text).length <= maxMentions, {
    error: `At most ${maxMentions} users can be mentioned.`,
  })
  .meta({ description: 'For colleagues only. Users that it mentions as `@[<id>]` are notified' });

const MacroActionInput = z
  .discriminatedUnion('type', [
    SetStatusInput,
    z.strictObject({ type: z.literal('assign'), agentId: agent }).meta({
      id: 'MacroAssignInput',
      description: 'To an active user; null unassigns it, `auto` lets the queue find an agent',
    }),
    TakeInput,
    GiveBackInput,
    MacroSnoozeInput,
    z.strictObject({ type: z.literal('add-labels'), labels }).meta({ id: 'AddLabelsInput' }),
    z.strictObject({ type: z.literal('remove-labels'), labels }).meta({ id: 'RemoveLabelsInput' }),
    z.strictObject({ type: z.literal('note'), body: noteText }).meta({ id: 'MacroNoteInput' }),
    z
      .strictObject({ type: z.literal('send-text'), body: paragraphText(maxBodyLength) })
      .meta({ id: 'SendTextInput' }),
    z
      .strictObject({
        type: z.literal('send-canned-reply'),
        cannedReplyId: objectIdText,
        values: replyValues,
      })
      .meta({ id: 'SendCannedReplyInput', description: 'Filled for the conversation and for who runs it' }),
    z
      .strictObject({
        type: z.literal('send-template'),
        templateName,
        language: templateLanguage.optional(),
        variables: templateVariables.optional(),
      })
      .meta({ id: 'SendTemplateInput' }),
  ])
  .meta({ id: 'MacroActionInput' });

const actions = z
  .array(MacroActionInput)
  .min(1)
  .max(maxActions)
  .superRefine((all, context) => {
    // A part that is wrong is missing here.
    const sends = all.flatMap((action, index) => (action?.type?.startsWith('send-') ? [index] : []));
    for (const index of sends.slice(1))
      context.addIssue({ code: 'custom', path: [index], message: 'A macro sends at most one message.' });
  })
  .meta({
    description:
      'Done in this order, as one: if any is refused, nothing happens. A message is sent last, whatever its place',
  });

const exampleActions = [
  { type: 'send-text', body: 'Thank you. We have refunded the payment.' },
  { type: 'set-status', status: 'closed' },
] as const;

export const CreateMacroBody = z.strictObject({ name, scope: MacroScope.default('own'), actions }).meta({
  id: 'CreateMacroBody',
  examples: [{ name: 'Refunded', actions: [...exampleActions] }],
});

export const PatchMacroBody = z
  .strictObject({ name: name.exactOptional(), actions: actions.exactOptional() })
  .refine(...notEmpty)
  .meta({ id: 'UpdateMacroBody', examples: [{ name: 'Refund and close', actions: [{ type: 'take' }] }] });

export const ListMacrosQuery = z.strictObject(pageQuery);

export const RunMacroBody = z
  .strictObject({ macroId: objectIdText })
  .meta({ id: 'RunMacroBody', examples: [{ macroId: '665f1f77bcf86cd799439091' }] });

const MacroActionView = z
  .object({
    type: z.string(),
    status: ConversationStatus.optional(),
    agentId: z.string().nullable().optional(),
    untilReply: z.literal(true).optional(),
    preset: z.string().optional(),
    zone: z.string().optional(),
    labels: z.array(z.string()).optional(),
    body: z.string().optional(),
    cannedReplyId: z.string().optional(),
    values: z.record(z.string(), z.string()).optional(),
    templateName: z.string().optional(),
    language: z.string().optional(),
    variables: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'MacroAction', description: 'With the fields of its type, as it was given' });

const macroExample = {
  ...{ id: '665f1f77bcf86cd799439091', name: 'Refunded', scope: 'shared' },
  ...{ actions: [...exampleActions], createdAt: '2026-11-23T09:00:00.000Z' },
} as const;

export const MacroView = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: MacroScope,
    actions: z.array(MacroActionView),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Macro', examples: [macroExample] });
export type MacroView = z.input<typeof MacroView>;

export const MacroPage = pageOf(MacroView, 'MacroPage');

const shownExamples: unknown = ConversationView.meta()?.['examples'];
const conversationExample: unknown = Array.isArray(shownExamples) ? shownExamples[0] : null;

export const MacroRunView = z
  .object({
    conversation: ConversationView,
    messageId: z
      .string()
      .nullable()
      .meta({ description: 'The message that it sends; null if it sends none' }),
    noteIds: z.array(z.string()),
  })
  .meta({
    id: 'MacroRun',
    examples: [
      {
        conversation: conversationExample,
        messageId: '665f1c2ab7e4d3a9c8b01250',
        noteIds: [],
      },
    ],
  });
