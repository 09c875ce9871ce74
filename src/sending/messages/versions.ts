import { writtenTimeOf } from './rules.ts';
import type { MessageContent, MessageDoc } from './store/model.ts';

/** One state of a message that was changed after it was sent. */
export interface MessageVersion {
  readonly kind: 'original' | 'edit' | 'revoke';
  readonly at: Date;
  /** The provider's id of the message or of the change. */
  readonly eventId: string | null;
  readonly content: MessageContent;
}

type Changed = Pick<
  MessageDoc,
  'content' | 'changes' | 'awaitsOriginal' | 'revokedAt' | 'timestamp' | 'writtenAt' | 'providerMessageId'
>;

/** What a message says now: its latest edit, or nothing if it was revoked. `changes` are in order of time. */
export function currentContent({
  content,
  changes = [],
  revokedAt,
}: Pick<Changed, 'content' | 'changes' | 'revokedAt'>): MessageContent {
  if (revokedAt !== undefined) return {};
  return changes.findLast((change) => change.content !== undefined)?.content ?? content;
}

/** All states of a changed message, oldest first; empty if it never changed. */
export function versionsOf(message: Changed): MessageVersion[] {
  const { content, changes = [], awaitsOriginal, providerMessageId } = message;
  if (changes.length === 0) return [];
  const original = {
    ...{ kind: 'original' as const, at: writtenTimeOf(message) },
    ...{ eventId: providerMessageId ?? null, content },
  };
  return [
    ...(awaitsOriginal === true ? [] : [original]),
    ...changes.map(({ kind, at, key, content: changed = {} }) => ({
      kind,
      at,
      eventId: key,
      content: changed,
    })),
  ];
}
