import { canonicalJson } from '../../../platform/canonical-json.ts';
import { AppError } from '../../../platform/errors.ts';
import { sha256Hex } from '../../../platform/ids.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { hasNotLeft } from '../lifecycle.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import type { MessageWorkflows } from '../workflows.ts';
import type { createStoreUnlessNewer, SeenMessage } from './newer.ts';

export interface AcceptanceDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly storeUnlessNewer: ReturnType<typeof createStoreUnlessNewer>;
  readonly logger: Logger;
}

/** A message to store, and the last one that its writer has seen, if they say so. */
export interface Drafted {
  readonly message: MessageDoc;
  readonly seen: SeenMessage | null;
}

export interface SendRequest {
  /** The parsed body, so that equal requests have equal hashes. */
  readonly body: object;
  readonly idempotencyKey: string | undefined;
}

export type Acceptance = ReturnType<typeof createAcceptance>;

/** Accepts messages: stores each one once, then starts its workflow. */
export function createAcceptance({ messages, workflows, storeUnlessNewer, logger }: AcceptanceDeps) {
  const findRepeated = findRepeatedIn(messages);

  /** Starts the workflow. If Temporal is unavailable the message stays accepted, and the sweep starts it later. */
  async function startWorkflow(message: MessageDoc): Promise<void> {
    try {
      await workflows.start(message);
    } catch (error) {
      const messageId = message._id.toHexString();
      logger.warn(
        { messageId, error },
        'accepted without a workflow: the sweep starts it when Temporal answers',
      );
    }
  }

  /** The first request may have died before it started the workflow. */
  async function repeated(message: MessageDoc): Promise<MessageDoc> {
    if (hasNotLeft(message.status, message.dispatch)) await startWorkflow(message);
    return message;
  }

  /** Null if the idempotency key is taken; the error if there is a newer message. */
  async function store(
    scope: ClientScope,
    message: MessageDoc,
    seen: SeenMessage | null,
  ): Promise<MessageDoc | AppError | null> {
    if (seen !== null) return storeUnlessNewer(scope, message, seen);
    return (await messages.insert(scope, message)) ? message : null;
  }

  /**
   * Returns the message of an earlier request with the same idempotency key, or stores the message that `draft`
   * composes. All checks precede the first write. Throws `newer-message` if the writer has not seen the latest one.
   */
  async function accept(
    scope: ClientScope,
    { body, idempotencyKey }: SendRequest,
    draft: () => Promise<Drafted>,
  ): Promise<MessageDoc> {
    const hash = hashOf(body);
    const earlier = await findRepeated(scope, { idempotencyKey, hash });
    if (earlier !== null) return repeated(earlier);
    const { message, seen } = await draft();
    const keyed: MessageDoc =
      idempotencyKey === undefined ? message : { ...message, idempotencyKey, idempotencyHash: hash };
    const stored = await store(scope, keyed, seen);
    if (stored === null || stored instanceof AppError) {
      // Lost the race, perhaps against a concurrent request with the same key.
      const first = await findRepeated(scope, { idempotencyKey, hash });
      if (first !== null) return repeated(first);
      throw stored ?? new Error('A new message has a duplicate key, but the stored message was not found.');
    }
    await startWorkflow(stored);
    return stored;
  }

  return { accept, startWorkflow, hashOf, findRepeated };
}

/** Equal contents have equal hashes. */
const hashOf = (body: object): string => sha256Hex(canonicalJson(body));

/** The message of this idempotency key, or null. Throws `idempotency-key-reused` if its content differs. */
const findRepeatedIn =
  (messages: MessageRepository) =>
  async (
    scope: ClientScope,
    { idempotencyKey, hash }: { idempotencyKey: string | undefined; hash: string },
  ): Promise<MessageDoc | null> => {
    if (idempotencyKey === undefined) return null;
    const earlier = await messages.findByIdempotencyKey(scope, idempotencyKey);
    if (earlier !== null && earlier.idempotencyHash !== hash) {
      throw new AppError('idempotency-key-reused', 'The key belongs to a message with different content.');
    }
    return earlier;
  };
