import { z } from 'zod';
import { maxBulkIds } from '../../../platform/bulk.ts';
import { distinctIds, objectIdText, openEnum } from '../../../platform/fields.ts';
import { TagNameList } from '../tag-schemas.ts';

const tagAction = <const Type extends string>(type: Type, id: string, description: string) =>
  z.strictObject({ type: z.literal(type), tags: TagNameList.meta({ description }) }).meta({ id });

const groupAction = <const Type extends string>(type: Type, id: string) =>
  z.strictObject({ type: z.literal(type), groupId: objectIdText }).meta({ id });

const BulkContactAction = z
  .discriminatedUnion('type', [
    tagAction('add-tags', 'AddTagsInput', 'Names of tags; one that no tag has creates the tag'),
    tagAction('remove-tags', 'RemoveTagsInput', 'Names of tags'),
    groupAction('add-to-group', 'AddToGroupInput'),
    groupAction('remove-from-group', 'RemoveFromGroupInput'),
  ])
  .meta({ id: 'BulkContactActionInput' });

export const BulkContactsBody = z
  .strictObject({ ids: distinctIds(maxBulkIds, 'contact'), action: BulkContactAction })
  .meta({
    id: 'UpdateContactsBody',
    examples: [{ ids: ['665f1c2ab7e4d3a9c8b01220'], action: { type: 'add-tags', tags: ['fair-2026'] } }],
  });

const SkippedContact = z
  .object({
    id: z.string(),
    code: openEnum(['not-found', 'invalid-input', 'precondition-failed']).meta({
      id: 'SkippedContactCode',
      description: 'The problem of the single request; later versions may have more',
    }),
    detail: z.string(),
  })
  .meta({ id: 'SkippedContact' });

export const BulkContactsView = z
  .object({
    changed: z.array(z.string()).meta({ description: 'Also those that were as wanted before' }),
    skipped: z.array(SkippedContact),
  })
  .meta({
    id: 'ChangedContacts',
    examples: [
      {
        changed: ['665f1c2ab7e4d3a9c8b01220'],
        skipped: [{ id: '665f1c2ab7e4d3a9c8b01221', code: 'not-found', detail: 'There is no such contact.' }],
      },
    ],
  });
