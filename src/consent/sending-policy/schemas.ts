import { z } from 'zod';
import { defaultStartWords, defaultStopWords } from '../words/rules.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { holdableKinds, weekdays } from './rules.ts';

const mostWords = 50;
const longestWord = 60;
const mostLanguages = 30;

const TimeText = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'Must be a time as 21:00.' })
  .meta({ examples: ['21:00'] });

const QuietHoursBody = z
  .strictObject({
    from: TimeText.meta({ description: 'The first minute that is quiet' }),
    to: TimeText.meta({ description: 'The first minute that is not; on the next day if it is not later' }),
    days: z
      .array(z.enum(weekdays))
      .min(1)
      .max(weekdays.length)
      .transform((days) => weekdays.filter((day) => days.includes(day)))
      .exactOptional()
      .meta({
        description: 'On which days quiet hours begin; every day if left out',
        examples: [['sat', 'sun']],
      }),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'Must be another time than `from`.' })
  .meta({ description: 'By the clock of the client’s `timezone`' });

const words = (description: string, example: string) =>
  z
    .record(
      z.string().regex(/^[a-z]{2,3}$/, { error: 'Must be a language as de.' }),
      z.array(LineText.max(longestWord)).max(mostWords),
    )
    .refine((lists) => Object.keys(lists).length <= mostLanguages, {
      error: `At most ${mostLanguages} languages.`,
    })
    .meta({ description, examples: [{ de: [example] }] });

const fields = {
  quietHours: QuietHoursBody.nullable().exactOptional(),
  appliesTo: z
    .enum(holdableKinds)
    .exactOptional()
    .meta({ description: 'What the quiet hours hold back: every message, or marketing templates only' }),
  stopWords: words(
    'A message that is one of these words, and nothing else, opts its sender out',
    'ende',
  ).exactOptional(),
  startWords: words('The same for agreeing again', 'weiter').exactOptional(),
  replacesDefaults: z.boolean().exactOptional().meta({
    description: 'Whether the own words of a language take the place of the default ones or come beside them',
  }),
};

export const PatchSendingPolicyBody = z.strictObject(fields).refine(...notEmpty);
export type PatchSendingPolicyBody = z.output<typeof PatchSendingPolicyBody>;

const WordListsView = z.record(z.string(), z.array(z.string()));

export const SendingPolicyView = z
  .object({
    quietHours: z
      .object({ from: z.string(), to: z.string(), days: z.array(z.enum(weekdays)) })
      .nullable()
      .meta({ examples: [{ from: '21:00', to: '09:00', days: [...weekdays] }] }),
    appliesTo: z.enum(holdableKinds),
    stopWords: WordListsView,
    startWords: WordListsView,
    replacesDefaults: z.boolean(),
    defaultStopWords: WordListsView.meta({ examples: [defaultStopWords] }),
    defaultStartWords: WordListsView.meta({ examples: [defaultStartWords] }),
  })
  .meta({ id: 'SendingPolicy' });
export type SendingPolicyView = z.input<typeof SendingPolicyView>;
