import { canonicalJson } from '../../../platform/canonical-json.ts';
import { AppError } from '../../../platform/errors.ts';
import { sha256Hex } from '../../../platform/ids.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import { hasNotLeft } from '../lifecycle.ts';
import type { MessageDoc, MessageRepository } from '../store/repository.ts';
import type { MessageWorkflows } from '../workflows.ts';

export interface AcceptanceDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly logger: Logger;
}

export interface SendRequest {
  /** As it was parsed: the same request always gives the same content hash. */
  readonly body: object;
  readonly idempotencyKey: string | undefined;
}

export type Acceptance = ReturnType<typeof createAcceptance>;

/** How a message of any kind is taken in: stored once, then its workflow is started. */
export function createAcceptance({ messages, workflows, logger }: AcceptanceDeps) {
  const findRepeated = findRepeatedIn(messages);

  /** Starts the workflow; when Temporal is away the message stays accepted, and the sweep starts it. */
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

  /** The caller may repeat because the first request died half-way: its workflow may not have been started. */
  async function repeated(message: MessageDoc): Promise<MessageDoc> {
    if (hasNotLeft(message.status, message.dispatch)) await startWorkflow(message);
    return message;
  }

  /**
   * The message that this request made before, or the one that `draft` writes down now, with all checks before the
   * first write. With an idempotency key the same request gives the same message for ever.
   */
  async function accept(
    scope: ClientScope,
    { body, idempotencyKey }: SendRequest,
    draft: () => Promise<MessageDoc>,
  ): Promise<MessageDoc> {
    const hash = hashOf(body);
    const earlier = await findRepeated(scope, { idempotencyKey, hash });
    if (earlier !== null) return repeated(earlier);
    const message = await draft();
    const keyed: MessageDoc =
      idempotencyKey === undefined ? message : { ...message, idempotencyKey, idempotencyHash: hash };
    if (!(await messages.insert(scope, keyed))) {
      // The same key came twice at the same moment, and the other request was first.
      const first = await findRepeated(scope, { idempotencyKey, hash });
      if (first === null) throw new Error('A new message collided with none that can be found.');
      return repeated(first);
    }
    await startWorkflow(keyed);
    return keyed;
  }

  return { accept, startWorkflow, hashOf, findRepeated };
}

/** Two requests with the same content have the same hash. */
const hashOf = (body: object): string => sha256Hex(canonicalJson(body));

/** The message that this idempotency key made; throws when it was made from other content. */
const findRepeatedIn =
  (messages: MessageRepository) =>
  async (
    scope: ClientScope,
    { idempotencyKey, hash }: { idempotencyKey: string | undefined; hash: string },
  ): Promise<MessageDoc | null> => {
    if (idempotencyKey === undefined) return null;
    const earlier = await messages.findByIdempotencyKey(scope, idempotencyKey);
    if (earlier !== null && earlier.idempotencyHash !== hash) {
      throw new AppError('idempotency-key-reused', 'The key belongs to a message with other content.');
    }
    return earlier;
  };
