import { z } from 'zod';
import { isoTime } from '../../platform/fields.ts';
import { TimeZoneText } from '../../platform/text-fields.ts';
import { type SnoozePreset, type SnoozeWish, snoozePresets } from './snoozing.ts';

interface SnoozeFields {
  readonly snoozedUntil?: Date | undefined;
  readonly untilReply?: true | undefined;
  readonly preset?: SnoozePreset | undefined;
  readonly zone?: string | undefined;
}

const choices = ['snoozedUntil', 'untilReply', 'preset'] as const;

/** The body says one thing: of the fields that say how long, one is given. */
function issuesIn(body: SnoozeFields): { readonly path: string[]; readonly message: string }[] {
  const given = choices.filter((name) => body[name] !== undefined);
  const { preset, zone } = body;
  if (given.length === 0) return [{ path: [], message: 'Give snoozedUntil, untilReply or preset.' }];
  return [
    ...(given.length > 1 ? given : []).map((name) => ({
      path: [name],
      message: 'Only one of snoozedUntil, untilReply and preset can be given.',
    })),
    ...(preset !== undefined && zone === undefined
      ? [{ path: ['zone'], message: 'Must be given with a preset.' }]
      : []),
    ...(preset === undefined && zone !== undefined
      ? [{ path: ['zone'], message: 'Only a preset takes a zone.' }]
      : []),
  ];
}

const snoozeFields = {
  snoozedUntil: isoTime
    .optional()
    .meta({ description: 'When it opens again: at least a minute and at most 365 days ahead' }),
  untilReply: z
    .literal(true, { error: 'Must be true if given.' })
    .optional()
    .meta({ description: 'Until the contact writes, however long that takes' }),
  preset: z
    .enum(snoozePresets)
    .meta({ id: 'SnoozePreset' })
    .optional()
    .meta({
      description:
        'A time on the clocks of `zone`: 09:00 or 14:00 of the next day, or 09:00 of the next Monday. The answer has ' +
        'the instant',
    }),
  zone: TimeZoneText.optional().meta({ description: 'The time zone of the user, for a preset' }),
};
const description = 'Exactly one of `snoozedUntil`, `untilReply` and `preset`';

function checkSnooze(body: SnoozeFields, context: z.core.$RefinementCtx): void {
  for (const { path, message } of issuesIn(body)) context.addIssue({ code: 'custom', path, message });
}

export const SnoozeConversationBody = z
  .strictObject(snoozeFields)
  .superRefine(checkSnooze)
  .meta({
    ...{ id: 'SnoozeConversationBody', description },
    examples: [{ preset: 'tomorrow-morning', zone: 'Europe/Berlin' }],
  });

/** The same among the actions on many conversations. */
export const SnoozeInput = z
  .strictObject({ type: z.literal('snooze'), ...snoozeFields })
  .superRefine(checkSnooze)
  .meta({ id: 'SnoozeInput', description });

/** The same among the actions of a macro, which has no time of its own. */
export const MacroSnoozeInput = z
  .strictObject({
    type: z.literal('snooze'),
    untilReply: snoozeFields.untilReply,
    preset: snoozeFields.preset,
    zone: snoozeFields.zone,
  })
  .superRefine(checkSnooze)
  .meta({ id: 'MacroSnoozeInput', description: 'Either `untilReply` or `preset`' });

/** The wish of a checked body. */
export function wishOf({ snoozedUntil, preset, zone }: SnoozeFields): SnoozeWish {
  if (preset !== undefined && zone !== undefined) return { kind: 'preset', preset, zone };
  return snoozedUntil === undefined ? { kind: 'until-reply' } : { kind: 'until', at: snoozedUntil };
}
