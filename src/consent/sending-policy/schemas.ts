import { z } from 'zod';
import { defaultStartWords, defaultStopWords } from '../words/rules.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { holdableKinds, weekdays } from './rules.ts';

const maxWords = 50;
const maxWord = 60;
const maxLanguages = 30;

const Weekday = z.enum(weekdays).meta({ id: 'Weekday' });
const AppliesTo = z.enum(holdableKinds).meta({
  id: 'QuietHoursScope',
  description: 'The messages that quiet hours hold: all, or marketing templates only',
});

const TimeText = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'Must be a time such as 21:00.' });

const QuietHoursBody = z
  .strictObject({
    from: TimeText.meta({ description: 'The first quiet minute' }),
    to: TimeText.meta({
      description: 'The first minute after; on the next day if it is not later than `from`',
    }),
    days: z
      .array(Weekday)
      .min(1)
      .max(weekdays.length)
      .transform((days) => weekdays.filter((day) => days.includes(day)))
      .exactOptional()
      .meta({ description: 'Days on which quiet hours begin; every day if not given' }),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'Must differ from `from`.' })
  .meta({ id: 'QuietHoursInput', description: 'In the `timezone` of the client' });

const words = (description: string) =>
  z
    .record(
      z.string().regex(/^[a-z]{2,3}$/, { error: 'Must be a language such as de.' }),
      z.array(LineText.max(maxWord)).max(maxWords),
    )
    .refine((lists) => Object.keys(lists).length <= maxLanguages, {
      error: `Must have at most ${maxLanguages} languages.`,
    })
    .meta({ description });

const fields = {
  quietHours: QuietHoursBody.nullable().exactOptional(),
  appliesTo: AppliesTo.exactOptional(),
  stopWords: words(
    'By language: a message that consists of one of these words opts its sender out',
  ).exactOptional(),
  startWords: words(
    'By language: a message that consists of one of these words opts its sender in',
  ).exactOptional(),
  replacesDefaults: z
    .boolean()
    .exactOptional()
    .meta({ description: 'Whether the words of a language replace the default words or are added to them' }),
};

export const PatchSendingPolicyBody = z
  .strictObject(fields)
  .refine(...notEmpty)
  .meta({
    id: 'UpdateSendingPolicyBody',
    examples: [
      { quietHours: { from: '21:00', to: '09:00', days: ['sat', 'sun'] }, stopWords: { de: ['ende'] } },
    ],
  });
export type PatchSendingPolicyBody = z.output<typeof PatchSendingPolicyBody>;

const WordListsView = z
  .record(z.string(), z.array(z.string()))
  .meta({ id: 'WordLists', description: 'Words by language' });

const QuietHoursView = z
  .object({ from: z.string(), to: z.string(), days: z.array(Weekday) })
  .meta({ id: 'QuietHours', description: 'In the `timezone` of the client' });

export const SendingPolicyView = z
  .object({
    quietHours: QuietHoursView.nullable(),
    appliesTo: AppliesTo,
    stopWords: WordListsView,
    startWords: WordListsView,
    replacesDefaults: z.boolean(),
    defaultStopWords: WordListsView,
    defaultStartWords: WordListsView,
  })
  .meta({
    id: 'SendingPolicy',
    examples: [
      {
        quietHours: { from: '21:00', to: '09:00', days: [...weekdays] },
        appliesTo: 'marketing',
        stopWords: { de: ['ende'] },
        startWords: { de: ['weiter'] },
        replacesDefaults: false,
        defaultStopWords,
        defaultStartWords,
      },
    ],
  });
export type SendingPolicyView = z.input<typeof SendingPolicyView>;
