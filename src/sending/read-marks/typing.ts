import type { ShowTyping, TypingOutcome } from '../../inbox/conversations/typing.ts';
import { isWindowOpen } from '../../inbox/conversations/rules.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ConversationDoc } from '../../inbox/conversations/threads.ts';
import {
  callProvider,
  findMarkable,
  noteShown,
  readAnswerFacts,
  type ContactSignDeps,
} from './contact-signs.ts';
import { typingIntervalMs, typingObstacle } from './rules.ts';

/**
 * Shows the contact that somebody types, now or not at all. For WhatsApp that is a read mark of the contact's latest
 * message: whoever types in a conversation has it in front of them.
 */
export const createShowTyping =
  (deps: Omit<ContactSignDeps, 'conversations' | 'timers' | 'runInTransaction'>): ShowTyping =>
  async (scope, conversation) => {
    const { marks, readSettings, clock } = deps;
    const { _id, windowExpiresAt = null } = conversation;
    const now = clock.now();
    const before = new Date(now.getTime() - typingIntervalMs);
    if (conversation.group !== undefined) return 'group';
    if (!(await readSettings(scope)).shareReadMarks) return 'not-shared';
    if (!isWindowOpen(windowExpiresAt, now)) return 'window-closed';
    const { typedAt } = (await marks.find(scope, _id)) ?? {};
    if (typedAt !== undefined && typedAt > before) return 'shown-before';
    return show(deps, scope, conversation, { now, before });
  };

async function show(
  deps: Omit<ContactSignDeps, 'conversations' | 'timers' | 'runInTransaction'>,
  scope: ClientScope,
  conversation: ConversationDoc,
  { now, before }: { readonly now: Date; readonly before: Date },
): Promise<TypingOutcome> {
  const message = await findMarkable(deps, scope, conversation, Number.MAX_SAFE_INTEGER);
  const read = await readAnswerFacts(deps, scope, conversation);
  if (message === null || read === null || typingObstacle(read.facts, now) !== null) return 'gate-closed';
  if (!(await deps.marks.takeTyping(scope, conversation._id, { now, before }))) return 'shown-before';
  const answer = await callProvider(deps, read, { message, isTyping: true });
  if (answer.kind !== 'marked') return 'not-accepted';
  await noteShown(deps, scope, { conversation, message });
  return 'shown';
}
