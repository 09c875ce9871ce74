/** Simulates a contact: inbound messages, and taps on buttons of our messages. */
import type { BehaviourStore } from './behaviour-store.ts';
import { createInboundWamid, deriveUserId } from './identifiers.ts';
import { inboundMedia, inboundValue, parseInbound, type InboundRequest } from './inbound.ts';
import { isRecord, scalarText } from './json.ts';
import type { Ledger } from './ledger.ts';
import type { MediaStore } from './media.ts';
import { envelope, wabaIdOf } from './payloads.ts';
import { asRecord, asText, asWhole, fail, rejectUnknown } from './setting-readers.ts';
import type { Behaviour } from './settings.ts';
import { encodeLikeMeta } from './signature.ts';
import { tapReply } from './tap.ts';
import type { TemplateStore } from './templates/store.ts';
import type { Template } from './templates/template.ts';
import type { Webhook } from './webhook.ts';

export interface PlayDeps {
  readonly store: BehaviourStore;
  readonly ledger: Ledger;
  readonly webhook: Webhook;
  readonly media: MediaStore;
  readonly templates: TemplateStore;
}

const TAP_FIELDS = ['wamid', 'buttonIndex', 'cardIndex', 'name', 'from', 'userId'];

/** A test that names no user id gets the one that the portfolio knows the person by. */
function userIdOf({ userId, from, type, phoneNumberId }: InboundRequest, behaviour: Behaviour) {
  // A system message tells an old number or a new user id; both come from the caller.
  if (userId !== null || from === null || type === 'system' || !behaviour.userIds) return userId;
  return deriveUserId(from, behaviour.portfolios[wabaIdOf(phoneNumberId, behaviour.numbers)] ?? '');
}

/** `origin` is the base address for downloads of the message's media. */
async function deliver({ store, webhook, media }: PlayDeps, given: InboundRequest, origin = '') {
  const { numbers } = store.current();
  const request = { ...given, userId: userIdOf(given, store.current()) };
  const wamid = request.wamid ?? createInboundWamid(request.from ?? request.userId ?? '');
  const file = inboundMedia(request, wamid);
  if (file !== null) media.keep(file.id, file.mimeType, file.bytes);
  const mediaUrl = file === null ? null : media.link(file.id, origin);
  const value = inboundValue(request, { wamid, now: Date.now(), numbers, mediaUrl });
  const entry = { id: wabaIdOf(request.phoneNumberId, numbers), changes: [{ value, field: 'messages' }] };
  const answer = await webhook.post(encodeLikeMeta(envelope([entry])));
  return { wamid, webhookStatus: answer.status };
}

export interface Played {
  readonly wamid: string;
  /** Null without an answer. */
  readonly webhookStatus: number | null;
}

export const playMessage = (deps: PlayDeps, body: unknown, origin: string): Promise<Played> =>
  deliver(deps, parseInbound(body), origin);

function storedTemplate(
  { store, templates }: PlayDeps,
  phoneNumberId: string,
  body: unknown,
): Template | null {
  const sent = isRecord(body) && isRecord(body['template']) ? body['template'] : null;
  if (sent === null) return null;
  const language = isRecord(sent['language']) ? scalarText(sent['language']['code']) : '';
  const wabaId = wabaIdOf(phoneNumberId, store.current().numbers);
  return templates.find(wabaId, scalarText(sent['name']), language);
}

/** The answer includes the type of the reply, and the payload or id that our message carried. */
export async function playTap(deps: PlayDeps, body: unknown): Promise<object> {
  const given = asRecord(body, 'body');
  rejectUnknown(given, TAP_FIELDS);
  const wamid = asText(given['wamid'], 'wamid');
  const item = await deps.ledger.find(wamid);
  if (item === null) return fail('wamid', 'must be the id of an accepted message');
  const index = (name: string): number => asWhole(given[name] ?? 0, name, [0, 100]);
  const reply = tapReply(item.body, storedTemplate(deps, item.phoneNumberId, item.body), {
    buttonIndex: index('buttonIndex'),
    cardIndex: given['cardIndex'] === undefined ? null : index('cardIndex'),
  });
  const isByNumber = /\d{5}/.test(item.to ?? '') && !/^[A-Z]{2}\./.test(item.to ?? '');
  const person = isByNumber ? { from: item.to } : { userId: item.to };
  const { name, from, userId } = given;
  const overrides = { name, from, userId };
  const request = parseInbound({
    ...person,
    ...Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)),
    phoneNumberId: item.phoneNumberId,
    contextId: wamid,
    ...reply,
  });
  const played = await deliver(deps, request);
  return { ...played, type: reply.type, payload: reply.payload ?? null };
}
