import type { Types } from 'mongoose';
import type { FileOfMessage, FileStates } from '../../inbox/media/states-of-messages.ts';
import type { Clock } from '../../platform/clock.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Acceptance } from './acceptance/accept.ts';
import { draftFreeFormMessage } from './acceptance/free-form.ts';
import type { MessageDoc } from './store/repository.ts';
import { createMessageLists, type MessageListDeps } from './lists.ts';
import type { SendMessageBody, SendTemplateBody } from './schemas.ts';
import type { MessageSource } from './sources/repository.ts';
import { draftTemplateMessage, type TemplateSendDeps } from './acceptance/template.ts';

export type { MessageSource } from './sources/repository.ts';
export type {
  Claim,
  HeldFilter,
  MarkableMessage,
  MessageContent,
  MessageDoc,
  MessageListItem,
  MessageRepository,
} from './store/repository.ts';

export interface MessageDeps extends TemplateSendDeps, Pick<MessageListDeps, 'users'> {
  readonly fileStates: FileStates;
  readonly acceptance: Acceptance;
  readonly clock: Clock;
}

export type MessageUseCases = ReturnType<typeof createMessageUseCases>;

export interface MessageAndMore {
  readonly message: MessageDoc;
  readonly sources: readonly MessageSource[];
  readonly file: FileOfMessage | undefined;
}

/** The sender of a message, and the idempotency key of the request. */
export interface SendOptions {
  readonly by: Types.ObjectId;
  readonly idempotencyKey: string | undefined;
}

export function createMessageUseCases(deps: MessageDeps) {
  const { messages, fileStates, clock } = deps;
  const { accept } = deps.acceptance;

  return {
    /** Accepts a template message. All checks precede the first write. */
    sendTemplate: (
      scope: ClientScope,
      body: SendTemplateBody,
      { by, idempotencyKey }: SendOptions,
    ): Promise<MessageDoc> =>
      accept(scope, { body, idempotencyKey }, async () => ({
        message: await draftTemplateMessage(scope, { body, by, now: clock.now() }, deps),
        seen: null,
      })),

    /** Accepts a free-form message. Throws `window-closed` outside the customer service window, and `newer-message`. */
    sendFreeForm: (
      scope: ClientScope,
      body: SendMessageBody,
      { by, idempotencyKey }: SendOptions,
    ): Promise<MessageDoc> =>
      accept(scope, { body, idempotencyKey }, () =>
        draftFreeFormMessage(scope, { body, by, now: clock.now() }, deps),
      ),

    /** The message, the provider's objects of it and of its changes, and its file. */
    async get(scope: ClientScope, id: Types.ObjectId): Promise<MessageAndMore> {
      const message = await messages.findById(scope, id);
      if (message === null) throw notFound('message');
      const isFromUs = message.direction === 'outbound' && message.senderType !== 'phone';
      const sources = isFromUs ? [] : await messages.findSources(scope, id);
      const file = (await fileStates.statesOf(scope, [message])).get(id.toHexString());
      return { message, sources, file };
    },

    ...createMessageLists(deps),

    /** The files of messages of a page, by the id of the message. */
    filesOf: fileStates.statesOf,
  };
}
