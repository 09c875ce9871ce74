import { placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { PrepareSend, SendContent } from '../../../inbox/macros/sends.ts';
import type { Clock } from '../../../platform/clock.ts';
import { AppError } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { MessageDoc } from '../store/repository.ts';
import type { Acceptance } from './accept.ts';
import { draftFreeFormMessage } from './free-form.ts';
import { draftTemplateMessage, type TemplateSendDeps } from './template.ts';

export interface PrepareDeps extends TemplateSendDeps {
  readonly acceptance: Pick<Acceptance, 'startWorkflow'>;
  readonly clock: Clock;
}

type Send = Parameters<PrepareSend>[1];

/** For macros: checks a message like any other send, and stores it in their transaction. */
export const createPrepareSend =
  (deps: PrepareDeps): PrepareSend =>
  async (scope, send) => {
    const draft = await draftIn(deps, scope, send);
    // Whoever answers one contact sees the opt-out.
    if (send.isOfMany && draft.afterOptOut === true)
      throw new AppError(
        'contact-opted-out',
        'The contact has opted out. Answer it in its own conversation.',
      );
    const takesTurn = send.content.kind === 'text';
    let stored: MessageDoc = draft;
    return {
      takesTurn,
      async store(thread, session) {
        const { turns: turn } = thread;
        stored = { ...draft, ...placeOfOwn(thread), ...(takesTurn && turn !== undefined ? { turn } : {}) };
        await deps.messages.insertAccepted(scope, stored, session);
        return stored._id;
      },
      start: () => deps.acceptance.startWorkflow(stored),
    };
  };

/** The thread is known, and is touched with the message: nothing is written here. */
function draftIn(
  deps: PrepareDeps,
  scope: ClientScope,
  { conversation, content, by }: Send,
): Promise<MessageDoc> {
  const { turns: _taken, ...thread } = conversation;
  const conversations = { ...deps.conversations, findOrOpen: async () => thread };
  return draftOf(content, { ...deps, conversations }, scope, { conversationId: conversation._id, by });
}

async function draftOf(
  content: SendContent,
  deps: PrepareDeps,
  scope: ClientScope,
  { conversationId, by }: { readonly conversationId: Send['conversation']['_id'] } & Pick<Send, 'by'>,
): Promise<MessageDoc> {
  const now = deps.clock.now();
  if (content.kind === 'text') {
    const { body: text } = content;
    const body = { conversationId, content: { type: 'text', body: text } } as const;
    return (await draftFreeFormMessage(scope, { body, by, now }, deps)).message;
  }
  const { kind: _kind, ...template } = content;
  return draftTemplateMessage(scope, { body: { conversationId, ...template }, by, now }, deps);
}
