import { z } from 'zod';
import { isoTime, objectIdText } from '../../../platform/fields.ts';
import { pageCursor } from '../../../platform/pagination.ts';
import { templateName } from '../../../templates/schemas.ts';
import { messageStatuses } from '../lifecycle.ts';

export const PatchMessageBody = z.strictObject({
  sendAt: isoTime.meta({ description: 'The new time of a scheduled message; in the future' }),
});

const mayDuplicate = z.boolean().default(false).meta({
  description:
    'Needed for a message whose outcome is `unknown`: the person may get both. Without it that is a 409',
});

export const RetryMessageBody = z.strictObject({ mayDuplicate });

const errorClass = z
  .string()
  .regex(/^[a-z-]{1,32}$/, { error: 'Must be a class of docs/provider-errors.md.' })
  .meta({ examples: ['sender'] });

export const RetryManyBody = z.strictObject({
  status: z.enum(['failed', 'unknown']),
  class: errorClass.optional().meta({ description: 'Only failures of this class' }),
  code: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, { error: 'Must be a code of the provider, or one of ours.' })
    .optional()
    .meta({ examples: ['131042'] }),
  channelId: objectIdText.optional(),
  templateName: templateName.optional(),
  since: isoTime.optional().meta({ description: 'Accepted at this time or later' }),
  until: isoTime.optional().meta({ description: 'Accepted before this time' }),
  limit: z.int().min(1).max(200).default(50),
  cursor: pageCursor,
  mayDuplicate,
});

export const RetryManyView = z.object({
  retried: z.array(z.object({ id: z.string(), retryId: z.string() })),
  skipped: z.array(z.object({ id: z.string(), code: z.string(), detail: z.string() })),
  nextCursor: z.string().nullable().meta({
    description: 'Give it as `cursor` to go on after these; null when all were looked at',
  }),
});

export const WaitingForView = z
  .object({
    gate: z.string().meta({ examples: ['channel'] }),
    reason: z.string().meta({ examples: ['channel paused: There is a payment problem, 131042'] }),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable().meta({ description: 'When it is looked at again for certain' }),
  })
  .meta({ id: 'WaitingFor' });

export const TimelineView = z
  .object({
    id: z.string(),
    status: z.enum(messageStatuses),
    waitingFor: WaitingForView.nullable(),
    attempts: z.int(),
    mostAttempts: z.int().meta({ description: 'Calls to the provider that one message may have' }),
    entries: z.array(
      z.object({
        at: z.iso.datetime(),
        kind: z.enum(['accepted', 'status', 'wait', 'call', 'answer', 'receipt']),
        text: z.string().meta({ examples: ['waits: pair limit'] }),
        by: z.string().nullable().meta({ description: 'The user who did it' }),
        until: z.iso.datetime().nullable(),
        code: z.string().nullable().meta({ description: 'The provider’s code, or one of ours' }),
      }),
    ),
    retryOf: z.string().nullable(),
    retriedBy: z.string().nullable(),
    workflow: z.object({
      id: z.string(),
      url: z.string().meta({ description: 'The run in the Temporal UI' }),
      status: z.string().nullable().meta({ description: 'Null when Temporal cannot be asked' }),
      pending: z
        .object({
          attempt: z.int(),
          isRunning: z.boolean(),
          nextAttemptAt: z.iso.datetime().nullable(),
          lastFailure: z.string().nullable(),
        })
        .nullable(),
    }),
  })
  .meta({ id: 'MessageTimeline' });
export type TimelineView = z.input<typeof TimelineView>;
