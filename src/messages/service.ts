import type { Types } from 'mongoose';
import type { ChannelDoc, ChannelService } from '../channels/service.ts';
import type { ContactService } from '../contacts/service.ts';
import type { ConversationService } from '../conversations/service.ts';
import type { LeadService } from '../leads/service.ts';
import { canonicalJson } from '../platform/canonical-json.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError, notFound, type Issue } from '../platform/errors.ts';
import { newId, sha256Hex } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { toPage, type Page } from '../platform/pagination.ts';
import { fillTemplate, type FilledTemplate } from '../templates/rules.ts';
import type { TemplateDoc, TemplateService } from '../templates/service.ts';
import { hasNotLeft } from './lifecycle.ts';
import { findRecipient, type Recipient } from './recipient.ts';
import type {
  MessageDoc,
  MessageFilter,
  MessageListItem,
  MessagePosition,
  MessageRepository,
} from './repository.ts';
import type { SendTemplateBody } from './schemas.ts';
import type { MessageWorkflows } from './workflows.ts';

export type { MessageDoc, MessageListItem } from './repository.ts';

export interface MessageDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly channels: ChannelService;
  readonly templates: TemplateService;
  readonly contacts: ContactService;
  readonly leads: LeadService;
  readonly conversations: ConversationService;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type MessageService = ReturnType<typeof createMessageService>;

/** A request whose every check has passed; only now is anything written. */
interface CheckedSend {
  readonly recipient: Recipient;
  readonly channel: ChannelDoc;
  readonly template: TemplateDoc;
  readonly filled: FilledTemplate;
}

export function createMessageService(deps: MessageDeps) {
  const { messages, workflows, clock, logger } = deps;

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

  return {
    /**
     * Accepts a template message: stores it, then starts its workflow. With an idempotency key the same request
     * gives the same message for ever. All checks come before the first write.
     */
    async sendTemplate(
      scope: ClientScope,
      body: SendTemplateBody,
      idempotencyKey: string | undefined,
    ): Promise<MessageDoc> {
      const hash = sha256Hex(canonicalJson(body));
      const earlier = await findRepeated(messages, scope, { idempotencyKey, hash });
      if (earlier !== null) return repeated(earlier);
      const now = clock.now();
      const checked = await checkSend(scope, body, { deps, now });
      const message = await draftMessage(scope, { body, checked }, { deps, now });
      const keyed: MessageDoc =
        idempotencyKey === undefined ? message : { ...message, idempotencyKey, idempotencyHash: hash };
      if (!(await messages.insert(scope, keyed))) {
        // The same key came twice at the same moment, and the other request was first.
        const first = await findRepeated(messages, scope, { idempotencyKey, hash });
        if (first === null) throw new Error('A new message collided with none that can be found.');
        return repeated(first);
      }
      await startWorkflow(keyed);
      return keyed;
    },

    async get(scope: ClientScope, id: Types.ObjectId): Promise<MessageDoc> {
      const message = await messages.findById(scope, id);
      if (message === null) throw notFound('message');
      return message;
    },

    async list(
      scope: ClientScope,
      filter: MessageFilter,
      { limit, after }: { limit: number; after: MessagePosition | null },
    ): Promise<Page<MessageListItem>> {
      const found = await messages.list(scope, filter, { limit: limit + 1, after });
      return toPage(found, limit, ({ timestamp, _id }) => ({ key: timestamp, id: _id }));
    },

    /** Cancels a message that has not left. The database decides; the workflow is only told. */
    async cancel(scope: ClientScope, id: Types.ObjectId): Promise<MessageDoc> {
      const isCanceled = await messages.cancel(scope, id, clock.now());
      const message = await messages.findById(scope, id);
      if (message === null || message.direction === 'inbound') throw notFound('message');
      // Canceling twice is the same wish: the second time answers like the first.
      if (message.status !== 'canceled')
        throw new AppError('already-left', `The message is ${message.status}.`);
      if (!isCanceled) return message;
      await workflows.cancel(id.toHexString()).catch((error: unknown) => {
        // The claim finds the message canceled anyway; only the workflow ends later.
        logger.warn({ messageId: id.toHexString(), error }, 'canceled without telling the workflow');
      });
      return message;
    },
  };
}

/** The message that this idempotency key made; throws when it was made from other content. */
async function findRepeated(
  messages: MessageRepository,
  scope: ClientScope,
  { idempotencyKey, hash }: { idempotencyKey: string | undefined; hash: string },
): Promise<MessageDoc | null> {
  if (idempotencyKey === undefined) return null;
  const earlier = await messages.findByIdempotencyKey(scope, idempotencyKey);
  if (earlier !== null && earlier.idempotencyHash !== hash) {
    throw new AppError('idempotency-key-reused', 'The key belongs to a message with other content.');
  }
  return earlier;
}

async function checkSend(
  scope: ClientScope,
  body: SendTemplateBody,
  { deps, now }: { deps: MessageDeps; now: Date },
): Promise<CheckedSend> {
  const issues = timeIssues(body, now);
  const recipient = await findRecipient(scope, body, deps);
  const channel = await deps.channels.requireForSend(scope, body.channelId ?? recipient.channelId);
  const template = await deps.templates.requireSendable(scope, {
    channelId: channel._id,
    name: body.templateName,
    language: body.language,
  });
  const result = fillTemplate(template.components, body.variables ?? {});
  if (!result.ok) issues.push(...result.issues);
  if (issues.length > 0 || !result.ok) {
    throw new AppError('invalid-input', 'The message does not fit its template.', { errors: issues });
  }
  return { recipient, channel, template, filled: result.filled };
}

function timeIssues({ sendAt, expiresAt }: SendTemplateBody, now: Date): Issue[] {
  if (expiresAt === undefined) return [];
  const earliest = sendAt !== undefined && sendAt > now ? sendAt : now;
  if (expiresAt > earliest) return [];
  return [{ path: 'body.expiresAt', message: 'Must be later than sendAt and than now.' }];
}

/** Finds or makes contact and conversation, and writes the message down without storing it yet. */
async function draftMessage(
  scope: ClientScope,
  { body, checked }: { body: SendTemplateBody; checked: CheckedSend },
  { deps, now }: { deps: MessageDeps; now: Date },
): Promise<MessageDoc> {
  const { recipient, channel, template, filled } = checked;
  const { phoneNumber } = recipient;
  const contact = recipient.contact ?? (await deps.contacts.findOrCreate(scope, { phoneNumber }));
  if (contact.optInStatus === 'opted-out') {
    throw new AppError('contact-opted-out', 'The contact does not want messages from this business.');
  }
  const key = { channelId: channel._id, contactId: contact._id };
  const conversation = await deps.conversations.findOrOpen(scope, key, now);
  const isLater = body.sendAt !== undefined && body.sendAt > now;
  const status = isLater ? 'scheduled' : 'queued';
  return {
    _id: newId(),
    ...scope,
    conversationId: conversation._id,
    ...key,
    direction: 'outbound',
    senderType: 'agent',
    messageType: 'template',
    to: phoneNumber,
    content: {
      text: filled.text,
      template: {
        name: template.name,
        language: { code: template.language },
        ...(filled.components.length === 0 ? {} : { components: filled.components }),
      },
    },
    templateName: template.name,
    status,
    timestamp: now,
    statusHistory: [{ key: `${status}:${now.getTime()}`, status, timestamp: now }],
    dispatch: { attempt: 0, isCalling: false, attempts: [] },
    ...(isLater && body.sendAt !== undefined ? { sendAt: body.sendAt } : {}),
    ...(body.expiresAt === undefined ? {} : { expiresAt: body.expiresAt }),
  };
}
