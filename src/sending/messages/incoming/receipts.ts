import { Types } from 'mongoose';
import type { ContactDirectory } from '../../../people/contacts/directory.ts';
import type { SuspectNumbers } from '../../../people/contacts/numbers.ts';
import type { AnswerLog } from '../../../inbox/sla/answer-log.ts';
import type { ConversationThreads } from '../../../inbox/conversations/threads.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { StatusItem } from '../../../whatsapp/events.ts';
import { parseOpaque } from '../../../whatsapp/payload.ts';
import { reportsOfReceipts } from '../answers.ts';
import { hasFailed, receiptKey, type Receipt } from '../contract.ts';
import { nextStatus, parseReceiptStatus } from '../lifecycle.ts';
import { createRecipientReader } from './people.ts';
import type { MessageRepository, ReceiptTarget } from '../store/repository.ts';
import { toFailure } from '../rules.ts';
import type { MessageWorkflows } from '../workflows.ts';

/** A status event and the channel that received it. */
export interface ChannelStatus {
  readonly scope: ClientScope;
  readonly channelId: Types.ObjectId;
  readonly status: StatusItem;
}

/** Applies the effects of `failed` receipts beyond their message; idempotent. */
export interface ReceiptEffects {
  afterReceipts(scope: ClientScope, id: Types.ObjectId, receipts: readonly Receipt[]): Promise<void>;
}

export type ReceiptOutcome = 'done' | 'unmatched' | { readonly error: unknown };

export interface ReceiptDeps {
  readonly messages: MessageRepository;
  readonly workflows: MessageWorkflows;
  readonly effects: ReceiptEffects;
  readonly conversations: Pick<ConversationThreads, 'noteFreeEntry'>;
  readonly answers: Pick<AnswerLog, 'note'>;
  readonly numbers: Pick<SuspectNumbers, 'trust'>;
  readonly contacts: Pick<ContactDirectory, 'learn'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type ReceiptService = ReturnType<typeof createReceiptService>;

/** Concurrent signals: enough to hide the round trip, few enough to leave capacity for sends. */
const concurrency = 32;

/** Delivers the receipts of one message. */
function createDelivery(deps: ReceiptDeps) {
  const { messages, workflows, effects, conversations, answers, numbers, logger } = deps;
  const recipients = createRecipientReader(deps.contacts, deps.clock);
  /** Clears a suspect number once a message has reached it. */
  async function trustNumber(
    scope: ClientScope,
    { contactId, to: phoneNumber, dispatch }: ReceiptTarget,
    receipts: readonly Receipt[],
  ): Promise<void> {
    const reached = receipts.filter(({ status }) => status === 'delivered' || status === 'read');
    if (dispatch.isToSuspect !== true || phoneNumber === undefined || reached.length === 0) return;
    const provenAt = new Date(Math.max(...reached.map(({ timestampMs }) => timestampMs)));
    await numbers.trust(scope, { contactId, phoneNumber }, provenAt);
  }

  /**
   * Delivers new receipts. If one of them changes the status, all go to the workflow in one signal; if the workflow has
   * closed, the same rules are applied here. Receipts that change no status are only added to the history. A `failed`
   * receipt stored here stays in `openFailures` until its effects are applied: a retry finds the receipt already
   * stored, which does not prove that they were.
   */
  async function deliver(
    scope: ClientScope,
    target: ReceiptTarget,
    receipts: readonly Receipt[],
  ): Promise<void> {
    const known = new Set(target.statusHistory.map(({ key }) => key));
    const open = new Set(target.openFailures);
    const fresh = receipts.filter((receipt) => !known.has(receiptKey(receipt)));
    if (fresh.length === 0 && open.size === 0) return;
    const changesStatus = fresh.some(
      ({ status }) => status !== null && nextStatus(target.status, status) !== target.status,
    );
    const messageId = target._id.toHexString();
    const via = changesStatus ? await workflows.signalReceipts(messageId, fresh) : 'history';
    const applied = via === 'signaled' ? [] : fresh;
    await messages.applyReceipts(scope, target._id, applied, { areFailuresOpen: true });
    await applyFailures(
      scope,
      target._id,
      receipts.filter((receipt) => open.has(receiptKey(receipt)) || applied.includes(receipt)),
    );
    logger.debug({ messageId, via, statuses: fresh.map(({ word }) => word) }, 'receipts delivered');
  }

  async function applyFailures(
    scope: ClientScope,
    _id: Types.ObjectId,
    receipts: readonly Receipt[],
  ): Promise<void> {
    const failures = receipts.filter(hasFailed);
    if (failures.length === 0) return;
    await effects.afterReceipts(scope, _id, failures);
    await messages.closeFailures(scope, _id, failures.map(receiptKey));
  }

  return {
    async deliverGroup(
      scope: ClientScope,
      target: ReceiptTarget,
      group: readonly StatusItem[],
    ): Promise<void> {
      const receipts = group.map(toReceipt);
      const freeUntilMs = Math.max(...group.map(({ freeEntryUntilMs = 0 }) => freeEntryUntilMs));
      if (freeUntilMs > 0) {
        await conversations.noteFreeEntry(scope, target.conversationId, new Date(freeUntilMs));
      }
      // Before they are stored: a repetition would not know any more what they added.
      for (const report of reportsOfReceipts(target, receipts)) await answers.note(scope, report);
      await deliver(scope, target, receipts);
      await messages.noteParticipants(scope, target._id, group.flatMap(participantOf));
      await trustNumber(scope, target, receipts);
      await recipients.read(scope, target, group);
    },
  };
}

export function createReceiptService(deps: ReceiptDeps) {
  const { messages } = deps;
  const { deliverGroup } = createDelivery(deps);

  return {
    /** Handles statuses of one channel; returns one outcome each, in order. An error affects its own message only. */
    async handle(
      { scope, channelId }: Omit<ChannelStatus, 'status'>,
      statuses: readonly StatusItem[],
    ): Promise<ReceiptOutcome[]> {
      const targets = await findTargets(messages, { scope, channelId }, statuses);
      const outcomes = new Map<string, Promise<ReceiptOutcome>>();
      const limit = createLimit(concurrency);
      for (const [messageId, { target, group }] of groupByMessage(statuses, targets)) {
        const delivered = limit(() => deliverGroup(scope, target, group)).then(
          (): ReceiptOutcome => 'done',
          (error: unknown): ReceiptOutcome => ({ error }),
        );
        outcomes.set(messageId, delivered);
      }
      return Promise.all(
        statuses.map(async (status): Promise<ReceiptOutcome> => {
          const target = targets.of(status);
          return (target && (await outcomes.get(target._id.toHexString()))) ?? 'unmatched';
        }),
      );
    },
  };
}

/** Groups report each participant; only the history of the message needs them. */
const participantOf = ({ participantId, word, timestampMs }: StatusItem) =>
  participantId === undefined ? [] : [{ id: participantId, word, at: new Date(timestampMs) }];

function toReceipt(status: StatusItem): Receipt {
  const { word, providerMessageId, timestampMs, error, pricing, details } = status;
  return {
    word,
    status: parseReceiptStatus(word),
    providerMessageId,
    timestampMs,
    ...(error === undefined ? {} : { failure: toFailure(error) }),
    ...(pricing === undefined ? {} : { pricing }),
    ...(details === undefined ? {} : { details }),
  };
}

interface Targets {
  of(status: StatusItem): ReceiptTarget | undefined;
}

/**
 * Finds the messages of statuses by our own id, which the provider echoes, or else by the provider's id. Messages of
 * another channel are not found, because a sender may only report on its own.
 */
async function findTargets(
  messages: MessageRepository,
  { scope, channelId }: Omit<ChannelStatus, 'status'>,
  statuses: readonly StatusItem[],
): Promise<Targets> {
  const echoed = (status: StatusItem) => parseOpaque(status.opaque ?? '')?.messageId;
  const ids = statuses.flatMap((status) => echoed(status) ?? []);
  const providerMessageIds = statuses.flatMap((status) =>
    echoed(status) === undefined ? [status.providerMessageId] : [],
  );
  const found = await messages.findReceiptTargets(scope, channelId, {
    ids: [...new Set(ids)].map((id) => Types.ObjectId.createFromHexString(id)),
    providerMessageIds: [...new Set(providerMessageIds)],
  });
  const byId = new Map(found.map((target) => [target._id.toHexString(), target]));
  const byProviderId = new Map(found.map((target) => [target.providerMessageId, target]));
  return {
    of(status) {
      const id = echoed(status);
      return id === undefined ? byProviderId.get(status.providerMessageId) : byId.get(id);
    },
  };
}

function groupByMessage(statuses: readonly StatusItem[], targets: Targets) {
  const groups = new Map<string, { target: ReceiptTarget; group: StatusItem[] }>();
  for (const status of statuses) {
    const target = targets.of(status);
    if (target === undefined) continue;
    const id = target._id.toHexString();
    const entry = groups.get(id) ?? { target, group: [] };
    entry.group.push(status);
    groups.set(id, entry);
  }
  return groups;
}

/** Runs at most `maxRunning` steps at a time, in order of arrival. */
function createLimit(maxRunning: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(step: () => Promise<T>): Promise<T> => {
    if (running >= maxRunning) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await step();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
