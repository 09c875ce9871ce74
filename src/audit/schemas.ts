import { z } from 'zod';
import { isoTime, JsonValue, objectIdText, openEnum } from '../platform/fields.ts';
import { pageOf, pageQuery } from '../platform/pagination.ts';
import { breakReasons } from './chain/links.ts';

const maxActionLength = 100;
const maxDigits = 15;

export const ListAuditEventsQuery = z.strictObject({
  ...pageQuery,
  actorId: objectIdText.optional().meta({ description: 'The user or operator who made the change' }),
  action: z
    .string()
    .max(maxActionLength)
    .regex(/^[a-z-]+\.[a-z-]+$/, { error: 'Must be an action such as lead.updated.' })
    .optional()
    .meta({ description: 'A noun and a past participle: `lead.updated`' }),
  resourceId: objectIdText.optional().meta({ description: 'The object that was changed' }),
  since: isoTime.optional().meta({ description: 'From this time on' }),
  until: isoTime.optional().meta({ description: 'Before this time' }),
});

export const VerifyAuditEventsQuery = z.strictObject({
  after: z
    .preprocess(
      (value) =>
        typeof value === 'string' && /^\d+$/.test(value) && value.length <= maxDigits ? Number(value) : value,
      z.int().min(0).default(0),
    )
    .meta({ description: 'The `nextAfter` of the previous answer; 0 for the beginning of the chain' }),
});

const AuditActorView = z
  .object({
    type: openEnum(['user', 'operator', 'system', 'provider']),
    userId: z.string().nullable().meta({ description: 'Null for the product and the provider' }),
  })
  .meta({ id: 'AuditActor' });

const AuditSealView = z
  .object({
    seq: z.int().meta({ description: 'The place in the chain of the business: 1, 2, 3 … without a gap' }),
    hash: z.string(),
    previousHash: z.string(),
    sealedAt: z.iso.datetime(),
  })
  .meta({ id: 'AuditSeal' });

const Values = z.record(z.string(), JsonValue).nullable();

export const AuditEventView = z
  .object({
    id: z.string(),
    createdAt: z.iso.datetime().meta({ description: 'When the change was made' }),
    actor: AuditActorView,
    action: z.string(),
    resource: z.object({ type: z.string(), id: z.string() }).meta({ id: 'AuditedResource' }),
    before: Values.meta({ description: 'The fields that changed, before the change; secrets are masked' }),
    after: Values.meta({ description: 'The same fields after the change' }),
    erasedAt: z.iso.datetime().nullable().meta({ description: 'When `before` and `after` were erased' }),
    seal: AuditSealView.nullable().meta({ description: 'Null for about a second after the change' }),
  })
  .meta({
    id: 'AuditEvent',
    examples: [
      {
        id: '665f1c2ab7e4d3a9c8b01301',
        createdAt: '2026-11-23T09:00:00.000Z',
        actor: { type: 'user', userId: '665f1c2ab7e4d3a9c8b01199' },
        action: 'lead.updated',
        resource: { type: 'lead', id: '665f1c2ab7e4d3a9c8b01210' },
        before: { stage: 'new' },
        after: { stage: 'won' },
        erasedAt: null,
        seal: {
          seq: 42,
          hash: '0b5f3c9d8a7e6f1204958473625140392817264534455667788990011223344f',
          previousHash: '7d1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8',
          sealedAt: '2026-11-23T09:00:00.400Z',
        },
      },
    ],
  });
export type AuditEventView = z.input<typeof AuditEventView>;

export const AuditEventPage = pageOf(AuditEventView, 'AuditEventPage');

export const AuditVerificationView = z
  .object({
    checked: z.int().meta({ description: 'Events of this part that are as they were sealed' }),
    erased: z.int().meta({ description: 'Of these, events whose values were erased' }),
    anchorsChecked: z.int().meta({ description: 'Signed ends of the chain in this part' }),
    anchorsOfOtherKeys: z
      .int()
      .meta({ description: 'Signed ends that only an earlier key of the server could prove' }),
    sealedUpTo: z.int().meta({ description: 'The last number of the chain' }),
    firstBreak: z
      .object({ seq: z.int(), reason: openEnum(breakReasons) })
      .meta({ id: 'AuditBreak' })
      .nullable()
      .meta({
        description:
          'The first number that is not as it was sealed: no event has it (`missing`), it follows another one ' +
          '(`previous-hash`), who did what and when differs (`hash`), the values differ (`payload`), events behind it ' +
          'were removed (`end`), or its signed end differs (`anchor`)',
      }),
    nextAfter: z
      .int()
      .nullable()
      .meta({ description: 'Pass it as `after` to go on; null at the end of the chain or at a break' }),
  })
  .meta({
    id: 'AuditVerification',
    examples: [
      {
        ...{ checked: 311, erased: 2, anchorsChecked: 9, anchorsOfOtherKeys: 0 },
        ...{ sealedUpTo: 311, firstBreak: null, nextAfter: null },
      },
    ],
  });
