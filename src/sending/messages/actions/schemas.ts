import { z } from 'zod';
import { isoTime, objectIdText, openEnum } from '../../../platform/fields.ts';
import type { ProblemCode } from '../../../platform/errors.ts';
import { pageCursor } from '../../../platform/pagination.ts';
import { templateName, templateVariables } from '../../../templates/schemas.ts';
import { Content } from '../content/schemas.ts';
import { gateProblems } from '../../gates/rules.ts';
import { messageStatuses } from '../lifecycle.ts';
import { FailureCode, GateName } from '../names.ts';
import { timelineKinds } from './timeline.ts';
import { maxDaysAhead } from '../rules.ts';

export const MessageStatus = z.enum(messageStatuses).meta({ id: 'MessageStatus' });

export const PatchMessageBody = z
  .strictObject({
    sendAt: isoTime
      .nullable()
      .optional()
      .meta({
        description: `The new time, in the future and within ${maxDaysAhead} days; null sends it now`,
      }),
    content: Content.optional().meta({
      description: 'What a free-form message shall say instead, in a content of the same type',
    }),
    variables: templateVariables.optional().meta({ description: 'The new variables of a template message' }),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    error: 'Give `sendAt`, `content` or `variables`.',
  })
  .refine(({ content, variables }) => content === undefined || variables === undefined, {
    error: 'A message has `content` or `variables`, not both.',
    path: ['variables'],
  })
  .meta({ id: 'RescheduleMessageBody', examples: [{ sendAt: '2026-11-24T09:00:00Z' }] });

const mayDuplicate = z.boolean().default(false).meta({
  description:
    'Must be true for a message with an unknown outcome, because the contact may get both; 409 otherwise',
});

export const RetryMessageBody = z
  .strictObject({ mayDuplicate })
  .meta({ id: 'RetryMessageBody', examples: [{ mayDuplicate: true }] });

const errorClass = z
  .string()
  .regex(/^[a-z-]{1,32}$/, { error: 'Must be a class of docs/provider-errors.md.' });

export const RetryManyBody = z
  .strictObject({
    status: z.enum(['failed', 'unknown']),
    class: errorClass.optional().meta({ description: 'Only failures of this class' }),
    code: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, { error: 'Must be a code of the provider, or one of ours.' })
      .optional(),
    channelId: objectIdText.optional(),
    templateName: templateName.optional(),
    since: isoTime.optional().meta({ description: 'Accepted at this time or later' }),
    until: isoTime.optional().meta({ description: 'Accepted before this time' }),
    limit: z.int().min(1).max(200).default(50),
    cursor: pageCursor,
    mayDuplicate,
  })
  .meta({
    id: 'RetryMessagesBody',
    examples: [{ status: 'failed', class: 'sender', until: '2026-11-23T12:00:00Z', limit: 50 }],
  });

const RetriedMessage = z.object({ id: z.string(), retryId: z.string() }).meta({ id: 'RetriedMessage' });

/** Why a message cannot be retried: the problem of a single retry. */
export const retryProblems = [
  'not-found',
  'wrong-state',
  'already-retried',
  'may-duplicate',
  ...gateProblems,
  'channel-disconnected',
  'channel-unverified',
] as const satisfies readonly ProblemCode[];

const SkipCode = openEnum(retryProblems).meta({
  id: 'SkippedMessageCode',
  description:
    'A problem code, as `POST /api/messages/{id}/retry` would answer it; later versions may have more',
});

const SkippedMessage = z
  .object({ id: z.string(), code: SkipCode, detail: z.string() })
  .meta({ id: 'SkippedMessage' });

export const RetryManyView = z
  .object({
    retried: z.array(RetriedMessage),
    skipped: z.array(SkippedMessage),
    nextCursor: z.string().nullable().meta({
      description: 'Pass it as `cursor` to continue; null when there are no more messages',
    }),
  })
  .meta({
    id: 'RetriedMessages',
    examples: [
      {
        retried: [{ id: '665f1c2ab7e4d3a9c8b01251', retryId: '665f1c2ab7e4d3a9c8b01252' }],
        skipped: [
          {
            id: '665f1c2ab7e4d3a9c8b01253',
            code: 'contact-opted-out',
            detail: 'The contact has opted out.',
          },
        ],
        nextCursor: null,
      },
    ],
  });

const waitingExample = {
  gate: 'channel',
  reason: 'channel paused: There is a payment problem, 131042',
  since: '2026-11-23T09:00:02.000Z',
  until: null,
};

export const WaitingForView = z
  .object({
    gate: GateName,
    reason: z.string(),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable().meta({ description: 'When it is checked again at the latest' }),
  })
  .meta({ id: 'WaitingFor' });

const TimelineEntry = z
  .object({
    at: z.iso.datetime(),
    kind: z.enum(timelineKinds),
    text: z.string(),
    by: z.string().nullable().meta({ description: 'The user who did it' }),
    until: z.iso.datetime().nullable(),
    code: FailureCode.nullable(),
  })
  .meta({ id: 'TimelineEntry' });

const PendingCall = z
  .object({
    attempt: z.int(),
    isRunning: z.boolean(),
    nextAttemptAt: z.iso.datetime().nullable(),
    lastFailure: z.string().nullable(),
  })
  .meta({ id: 'PendingActivity' });

const WorkflowRun = z
  .object({
    id: z.string(),
    url: z.string().meta({ description: 'The run in the Temporal UI' }),
    status: z.string().nullable().meta({ description: 'Null if Temporal cannot be reached' }),
    pending: PendingCall.nullable(),
  })
  .meta({ id: 'WorkflowRun' });

export const TimelineView = z
  .object({
    id: z.string(),
    status: MessageStatus,
    waitingFor: WaitingForView.nullable(),
    attempts: z.int(),
    mostAttempts: z.int().meta({ description: 'Maximum number of calls to the provider for one message' }),
    entries: z.array(TimelineEntry),
    retryOf: z.string().nullable(),
    retriedBy: z.string().nullable(),
    workflow: WorkflowRun,
  })
  .meta({
    id: 'MessageTimeline',
    examples: [
      {
        id: '665f1c2ab7e4d3a9c8b01250',
        status: 'queued',
        waitingFor: waitingExample,
        attempts: 0,
        mostAttempts: 300,
        entries: [
          {
            at: '2026-11-23T09:00:00.000Z',
            kind: 'accepted',
            text: 'accepted as queued',
            by: '665f1c2ab7e4d3a9c8b01234',
            until: null,
            code: null,
          },
          {
            at: waitingExample.since,
            kind: 'wait',
            text: `waits: ${waitingExample.reason}`,
            by: null,
            until: null,
            code: null,
          },
        ],
        retryOf: null,
        retriedBy: null,
        workflow: {
          id: 'message:665f1c2ab7e4d3a9c8b01250',
          url: 'http://localhost:8233/namespaces/default/workflows/message%3A665f1c2ab7e4d3a9c8b01250',
          status: 'RUNNING',
          pending: null,
        },
      },
    ],
  });
export type TimelineView = z.input<typeof TimelineView>;
