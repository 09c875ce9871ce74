import { placeOfOwn } from '../../../inbox/conversations/order.ts';
import type { PrepareSurveySend } from '../../../inbox/surveys/sends.ts';
import type { MessageDoc } from '../store/repository.ts';
import { draftFreeFormMessage } from './free-form.ts';
import type { PrepareDeps } from './prepare.ts';

/** For surveys: checks a message of the product like any other send, and stores it in their transaction. */
export const createPrepareSurveySend =
  (deps: PrepareDeps): PrepareSurveySend =>
  async (scope, { conversation, content, survey }) => {
    // The thread is known, and takes the message in when it is stored: nothing is written here.
    const conversations = { ...deps.conversations, findOrOpen: async () => conversation };
    const body = { conversationId: conversation._id, content };
    const send = { body, now: deps.clock.now() };
    const { message } = await draftFreeFormMessage(scope, send, { ...deps, conversations });
    const draft = { ...message, survey };
    let stored: MessageDoc = draft;
    return {
      async store(thread, session) {
        stored = { ...draft, ...placeOfOwn(thread) };
        await deps.messages.insertAccepted(scope, stored, session);
        const { _id: messageId, status, timestamp } = stored;
        return { messageId, status, timestamp };
      },
      start: () => deps.acceptance.startWorkflow(stored),
    };
  };
