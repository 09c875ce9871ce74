import { z } from 'zod';
import { objectIdText } from '../../../platform/fields.ts';
import { LineText, notEmpty } from '../../../platform/text-fields.ts';
import { maxPriority } from './model.ts';

const maxChannels = 50;
const minTargetSeconds = 60;
const maxTargetSeconds = 90 * 24 * 60 * 60;

const Target = z.int().min(minTargetSeconds).max(maxTargetSeconds);
const aboutTargets = {
  first: 'From the first message of a conversation, or the one that reopens it, to the answer of a person',
  next: 'From the first message that nobody has answered to the answer of a person',
  resolution:
    'From the beginning or reopening of a conversation until it is closed; pauses while it is `pending`',
};
const aboutPriority =
  'The first service level that matches counts, in this order; 1 comes first. Unique in the business.';
const aboutWarning = 'The part of a target after which it warns, such as 0.8; null never warns';
const aboutHours = 'Time counts while these business hours are open; null counts around the clock';

const MatchInput = z
  .strictObject({
    channelIds: z
      .array(objectIdText)
      .max(maxChannels)
      .default([])
      .meta({ description: 'Only conversations on these channels; an empty list matches all' }),
  })
  .meta({ id: 'SlaMatchInput' });

const name = LineText;
const priority = z.int().min(1).max(maxPriority).meta({ description: aboutPriority });
const warnAt = z.number().min(0.1).max(0.99);

const targets = {
  firstResponseSeconds: Target.exactOptional().meta({ description: aboutTargets.first }),
  nextResponseSeconds: Target.exactOptional().meta({ description: aboutTargets.next }),
  resolutionSeconds: Target.exactOptional().meta({ description: aboutTargets.resolution }),
};

export const CreateSlaPolicyBody = z
  .strictObject({
    name,
    priority,
    match: MatchInput.default({ channelIds: [] }),
    ...targets,
    warnAt: warnAt.nullable().default(0.8).meta({ description: aboutWarning }),
    businessHoursId: objectIdText.exactOptional().meta({ description: aboutHours }),
  })
  .refine(
    ({ firstResponseSeconds, nextResponseSeconds, resolutionSeconds }) =>
      [firstResponseSeconds, nextResponseSeconds, resolutionSeconds].some((given) => given !== undefined),
    { error: 'Give at least one target.' },
  )
  .meta({
    id: 'CreateSlaPolicyBody',
    examples: [
      {
        ...{ name: 'Standard', priority: 10 },
        ...{ firstResponseSeconds: 900, nextResponseSeconds: 3600, resolutionSeconds: 172_800 },
      },
    ],
  });
export type CreateSlaPolicyBody = z.output<typeof CreateSlaPolicyBody>;

const cleared = Target.nullable().exactOptional();

export const PatchSlaPolicyBody = z
  .strictObject({
    name: name.exactOptional(),
    priority: priority.exactOptional(),
    match: MatchInput.exactOptional(),
    firstResponseSeconds: cleared.meta({ description: aboutTargets.first }),
    nextResponseSeconds: cleared.meta({ description: aboutTargets.next }),
    resolutionSeconds: cleared.meta({ description: aboutTargets.resolution }),
    warnAt: warnAt.nullable().exactOptional().meta({ description: aboutWarning }),
    businessHoursId: objectIdText.nullable().exactOptional().meta({ description: aboutHours }),
  })
  .refine(...notEmpty)
  .meta({ id: 'UpdateSlaPolicyBody', examples: [{ firstResponseSeconds: 600 }] });

const policyExample = {
  ...{ id: '665f1f77bcf86cd799439031', name: 'Standard', priority: 10, match: { channelIds: [] } },
  ...{ firstResponseSeconds: 900, nextResponseSeconds: 3600, resolutionSeconds: null },
  ...{ warnAt: 0.8, businessHoursId: null, createdAt: '2026-11-23T09:00:00.000Z' },
};

export const SlaPolicyView = z
  .object({
    id: z.string(),
    name: z.string(),
    priority: z.int().meta({ description: aboutPriority }),
    match: z.object({ channelIds: z.array(z.string()) }).meta({ id: 'SlaMatch' }),
    firstResponseSeconds: z.int().nullable().meta({ description: aboutTargets.first }),
    nextResponseSeconds: z.int().nullable().meta({ description: aboutTargets.next }),
    resolutionSeconds: z.int().nullable().meta({ description: aboutTargets.resolution }),
    warnAt: z.number().nullable().meta({ description: aboutWarning }),
    businessHoursId: z.string().nullable().meta({ description: aboutHours }),
    createdAt: z.iso.datetime(),
  })
  .meta({
    id: 'SlaPolicy',
    examples: [policyExample],
  });
export type SlaPolicyView = z.input<typeof SlaPolicyView>;

export const SlaPolicyList = z.object({ items: z.array(SlaPolicyView) }).meta({
  id: 'SlaPolicyList',
  description: 'All service levels, in order of their priority',
  examples: [{ items: [policyExample] }],
});
