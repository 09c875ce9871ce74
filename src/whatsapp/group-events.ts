import { z } from 'zod';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import { sha256Hex } from '../platform/ids.ts';
import { cleanText, leavesOf, type Leaf } from './leaves.ts';
import { SharedValue } from './phone-messages.ts';
import { Timestamp, toEpochMs } from './webhook-fields.ts';

/** A change of a group: it was made or deleted, people joined or left, its settings changed. */
export interface GroupEventItem {
  readonly kind: 'group-event';
  readonly phoneNumberId: string | null;
  readonly groupId: string;
  /** The provider's word: `group_create`, `group_participants_add`. */
  readonly word: string;
  readonly subject?: string;
  readonly atMs: number | null;
  readonly details: readonly Leaf[];
  /** Equal for repetitions of one event. */
  readonly key: string;
}

const groupFields: ReadonlySet<string> = new Set([
  'group_lifecycle_update',
  'group_participants_update',
  'group_settings_update',
  'group_status_update',
]);

const Groups = SharedValue.extend({ groups: z.array(z.unknown()) });

const Group = z.looseObject({
  group_id: z.string().min(1).max(160),
  type: z.string().max(64).optional().catch(undefined),
  event: z.string().max(64).optional().catch(undefined),
  timestamp: Timestamp.optional().catch(undefined),
  subject: z.string().optional().catch(undefined),
  group_subject: z
    .looseObject({ text: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

const limits = { maxLeaves: 64, maxName: 128, maxValue: 512 } as const;
const maxSubject = 256;

/** Reads the fields about groups; null for every other field. */
export function readGroupEvents(
  field: string,
  value: unknown,
  { atMs, path }: ChangeContext,
): (GroupEventItem | UnreadableChange)[] | null {
  if (!groupFields.has(field)) return null;
  const read = Groups.safeParse(value).data;
  if (read === undefined) return [{ kind: 'invalid', reason: `${path} is not readable` }];
  const phoneNumberId = read.metadata?.phone_number_id ?? null;
  return read.groups.map((given, index) => {
    const group = Group.safeParse(given).data;
    if (group === undefined) return { kind: 'invalid', reason: `${path}.groups[${index}] names no group` };
    const { group_id: groupId, timestamp, type, event } = group;
    const subject = group.subject ?? group.group_subject?.text;
    return {
      kind: 'group-event',
      phoneNumberId,
      groupId,
      word: type ?? event ?? field,
      ...(subject === undefined ? {} : { subject: cleanText(subject, maxSubject) }),
      atMs: timestamp === undefined ? atMs : toEpochMs(timestamp),
      details: leavesOf(given, limits),
      key: `group:${sha256Hex(canonicalJson([field, given]))}`,
    };
  });
}
