import { setTimeout as sleep } from 'node:timers/promises';
import type { BehaviourStore } from './behaviour-store.ts';
import { decide, recipientOf, type Decision, type IncomingCall, type RefusalCounts } from './decide.ts';
import { createOutboundWamid } from './identifiers.ts';
import { isRecord, textOrNull } from './json.ts';
import type { Answered, Ledger, LedgerRecord } from './ledger.ts';
import type { Receipt } from './payloads.ts';
import type { ReceiptSender } from './receipts.ts';
import type { Behaviour } from './settings.ts';
import type { TemplateStore } from './templates/store.ts';
import type { SendEdge, SendRequest } from './validation.ts';

/** An HTTP answer; where null is allowed, it means that the connection is cut. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MessagesEndpointDeps {
  readonly store: BehaviourStore;
  readonly ledger: Ledger;
  readonly receipts: ReceiptSender;
  readonly refusals: RefusalCounts;
  readonly templates: TemplateStore;
  /** Aborted when the sandbox stops: waiting calls are then answered at once. */
  readonly stopping: AbortSignal;
}

export interface MessagesCall extends IncomingCall {
  /** The body for the ledger. */
  readonly received: unknown;
}

type Accepted = Extract<Decision, { kind: 'accepted' }>;

const RECEIPTS_FIRST_WAIT_MS = 5_000;

const recipientFields = (send: SendRequest): Record<string, string> => ({
  ...(send.waId === null ? {} : { recipient_id: send.waId }),
  ...(send.userId === null ? {} : { recipient_user_id: send.userId }),
});

function answeredOf(decision: Decision): Answered {
  if (decision.kind === 'cut') return null;
  if (decision.kind === 'refused') return { status: decision.refusal.status, code: decision.refusal.code };
  return decision.kind === 'accepted' && decision.plan.isAnswerLost ? null : { status: 200 };
}

/** The category under `pricing`. A template that the account does not have counts as utility. */
function pricingCategory({ send, category }: Accepted, edge: SendEdge): string {
  if (send.template === null) return 'service';
  return edge === 'marketing_messages' ? 'marketing_lite' : (category?.toLowerCase() ?? 'utility');
}

function acceptedFields(decision: Accepted, edge: SendEdge, answeredAt: number): Omit<LedgerRecord, 'item'> {
  return {
    recipient: recipientFields(decision.send),
    category: pricingCategory(decision, edge),
    receipts: decision.plan.receipts.map(({ status, occursAfterMs, arrivesAfterMs, code, details }) => ({
      status,
      at: answeredAt + occursAfterMs,
      due: answeredAt + arrivesAfterMs,
      ...(code === undefined ? {} : { code }),
      ...(details === undefined ? {} : { details }),
    })),
  };
}

function acceptedBody(send: SendRequest, wamid: string, { templateHeld }: Behaviour): object {
  const { input, waId, userId, template } = send;
  const person = waId === null ? { user_id: userId } : { wa_id: waId };
  const isHeld = template !== null && templateHeld.includes(template.name);
  const status = isHeld ? 'held_for_quality_assessment' : 'accepted';
  return {
    messaging_product: 'whatsapp',
    contacts: [{ input, ...person }],
    messages: [{ id: wamid, ...(template === null ? {} : { message_status: status }) }],
  };
}

/** The planned receipts of a ledger record; none for a refused call. */
export function receiptsOf(
  sequence: number,
  { item, recipient, category, receipts }: LedgerRecord,
): Receipt[] {
  const { wamid, phoneNumberId, opaque } = item;
  if (wamid === null || receipts === undefined) return [];
  return receipts.map((stored, index) => ({
    ...stored,
    sequence,
    index,
    wamid,
    phoneNumberId,
    opaque,
    recipient: recipient ?? {},
    category: category ?? 'service',
  }));
}

export function createMessagesEndpoint(deps: MessagesEndpointDeps) {
  const { store, ledger, receipts, refusals, templates, stopping } = deps;

  const pause = (delayMs: number): Promise<void> =>
    delayMs > 0 ? sleep(delayMs, undefined, { signal: stopping }).catch(() => {}) : Promise.resolve();

  async function deliverFirst(list: readonly Receipt[]): Promise<void> {
    const bound = new AbortController();
    const signal = AbortSignal.any([stopping, bound.signal]);
    const waited = sleep(RECEIPTS_FIRST_WAIT_MS, undefined, { signal }).catch(() => {});
    await Promise.race([receipts.deliverNow(list), waited]);
    bound.abort();
  }

  async function answerAccepted(decision: Accepted, record: LedgerRecord, sequence: number) {
    const { plan, send } = decision;
    const list = receiptsOf(sequence, record);
    if (plan.areReceiptsFirst) await deliverFirst(list);
    else receipts.schedule(list);
    await pause(plan.delayMs);
    return plan.isAnswerLost
      ? null
      : { status: 200, body: acceptedBody(send, record.item.wamid ?? '', store.current()) };
  }

  function recordOf(call: MessagesCall, decision: Decision): LedgerRecord {
    const isAccepted = decision.kind === 'accepted';
    const item = {
      at: new Date(call.at).toISOString(),
      phoneNumberId: call.phoneNumberId,
      ...(call.edge === 'messages' ? {} : { edge: call.edge }),
      to: recipientOf(call.body),
      opaque: isRecord(call.body) ? textOrNull(call.body['biz_opaque_callback_data']) : null,
      wamid: isAccepted ? createOutboundWamid(decision.send.waId ?? decision.send.input) : null,
      answered: answeredOf(decision),
      ...(decision.kind === 'marked-read'
        ? { mark: { messageId: decision.messageId, isTyping: decision.isTyping } }
        : {}),
      body: call.received,
    };
    if (isAccepted) return { item, ...acceptedFields(decision, call.edge, call.at + decision.plan.delayMs) };
    const key = decision.kind === 'refused' ? decision.refusalKey : undefined;
    return key === undefined ? { item } : { item, refusalKey: key };
  }

  return async function handleMessages(call: MessagesCall): Promise<HttpAnswer | null> {
    const { latencyMs } = store.current();
    const decision = decide(call, { store, templates, counts: refusals });
    const record = recordOf(call, decision);
    const { sequence, durable } = ledger.append(record);
    await durable;
    await pause(latencyMs);
    switch (decision.kind) {
      case 'accepted':
        return answerAccepted(decision, record, sequence);
      case 'refused':
        return decision.refusal;
      case 'marked-read':
        return { status: 200, body: { success: true } };
      case 'cut':
        return null;
    }
  };
}
