import { z } from 'zod';
import { maxBulkIds } from '../../../platform/bulk.ts';
import { distinctIds, objectIdText, openEnum } from '../../../platform/fields.ts';
import { ConversationStatus } from '../schemas.ts';
import { SnoozeInput } from '../snooze-schemas.ts';

export const SetStatusInput = z
  .strictObject({ type: z.literal('set-status'), status: ConversationStatus })
  .meta({ id: 'SetStatusInput' });
export const TakeInput = z.strictObject({ type: z.literal('take') }).meta({ id: 'TakeInput' });
export const GiveBackInput = z.strictObject({ type: z.literal('give-back') }).meta({ id: 'GiveBackInput' });

const BulkAction = z
  .discriminatedUnion('type', [
    SetStatusInput,
    z
      .strictObject({
        type: z.literal('assign'),
        agentId: objectIdText.nullable().meta({ description: 'An active user; null unassigns them' }),
      })
      .meta({ id: 'AssignInput' }),
    SnoozeInput,
    TakeInput,
    GiveBackInput,
    z.strictObject({ type: z.literal('run-macro'), macroId: objectIdText }).meta({ id: 'RunMacroInput' }),
  ])
  .meta({ id: 'BulkActionInput' });

export const BulkConversationsBody = z
  .strictObject({
    ids: distinctIds(maxBulkIds, 'conversation'),
    action: BulkAction,
  })
  .meta({
    id: 'UpdateConversationsBody',
    examples: [{ ids: ['665f1c2ab7e4d3a9c8b01240'], action: { type: 'set-status', status: 'closed' } }],
  });

const SkippedConversation = z
  .object({
    id: z.string(),
    code: openEnum(['not-found', 'wrong-state', 'invalid-input', 'precondition-failed']).meta({
      id: 'SkippedConversationCode',
      description: 'The problem of the single request; later versions may have more',
    }),
    detail: z.string(),
  })
  .meta({ id: 'SkippedConversation' });

export const BulkConversationsView = z
  .object({
    changed: z.array(z.string()).meta({ description: 'Also those that were as wanted before' }),
    skipped: z.array(SkippedConversation),
  })
  .meta({
    id: 'ChangedConversations',
    examples: [
      {
        changed: ['665f1c2ab7e4d3a9c8b01240'],
        skipped: [
          { id: '665f1c2ab7e4d3a9c8b01241', code: 'not-found', detail: 'There is no such conversation.' },
        ],
      },
    ],
  });
