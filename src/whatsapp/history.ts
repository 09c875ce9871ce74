import { z } from 'zod';
import { digitsOf } from '../platform/phone.ts';
import { cleanName } from '../platform/text.ts';
import { reportOf, type AccountReport } from './account-reports.ts';
import type { ChangeContext, UnreadableChange } from './change-reader.ts';
import type { Fields } from './inbound/fields.ts';
import type { InboundItem } from './inbound.ts';
import { counterpartOf, readBusinessMessage, SharedValue, type Counterpart } from './phone-messages.ts';

/** A message from the time before the number was connected. */
export interface HistoryItem {
  readonly kind: 'history';
  readonly phoneNumberId: string | null;
  readonly person: Counterpart;
  readonly direction: 'inbound' | 'outbound';
  /** The provider's word for the state of the message: `READ`; null if it gives none. */
  readonly word: string | null;
  readonly message: InboundItem;
}

const personId = z.string().min(1).max(160).optional().catch(undefined);

const Thread = z.looseObject({
  id: personId,
  context: z
    .looseObject({
      wa_id: personId,
      user_id: personId,
      username: z.string().max(256).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  messages: z.array(z.unknown()).optional().catch(undefined),
});
type Thread = z.output<typeof Thread>;

const Chunk = z.looseObject({ threads: z.array(z.unknown()).optional().catch(undefined) });

const History = SharedValue.extend({ history: z.array(z.unknown()) });

const Message = z.looseObject({
  from: personId,
  to: personId,
  history_context: z
    .looseObject({ status: z.string().max(64).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

const maxUsernameLength = 100;

type Read = HistoryItem | AccountReport | UnreadableChange;

interface ChunkContext extends ChangeContext {
  readonly phoneNumberId: string | null;
  readonly businessDigits: string;
  readonly contacts: readonly unknown[];
}

/**
 * Reads the backlog of a number that is also used in the WhatsApp Business app; null for every other field. A chunk's
 * progress, and the errors if the business has declined, are reports.
 */
export function readHistory(field: string, value: unknown, context: ChangeContext): Iterable<Read> | null {
  if (field !== 'history') return null;
  const history = History.safeParse(value).data;
  if (history === undefined) return [{ kind: 'invalid', reason: `${context.path} is not readable` }];
  return readChunks(history, context);
}

function* readChunks(
  { metadata, contacts = [], history: chunks }: z.output<typeof History>,
  context: ChangeContext,
): Generator<Read> {
  const chunkContext = {
    ...context,
    phoneNumberId: metadata?.phone_number_id ?? null,
    businessDigits: digitsOf(metadata?.display_phone_number ?? ''),
    contacts,
  };
  for (const [index, chunk] of chunks.entries()) {
    yield* readChunk(chunk, { ...chunkContext, path: `${context.path}.history[${index}]` });
  }
}

function* readChunk(given: unknown, context: ChunkContext): Generator<Read> {
  const chunk = Chunk.safeParse(given).data;
  if (chunk === undefined) return yield { kind: 'invalid', reason: `${context.path} is not readable` };
  const { threads = [] } = chunk;
  let messages = 0;
  for (const [index, thread] of threads.entries()) {
    for (const item of readThread(thread, { ...context, path: `${context.path}.threads[${index}]` })) {
      if (item.kind === 'history') messages += 1;
      yield item;
    }
  }
  // Not the parsed object, which lacks parts of an unknown shape.
  const summary = { ...(given as Fields), threads: threads.length, messages };
  yield reportOf('history', summary, context);
}

function* readThread(given: unknown, context: ChunkContext): Generator<Read> {
  const thread = Thread.safeParse(given).data;
  const person = thread === undefined ? null : personOf(thread, context.contacts);
  if (thread === undefined || person === null)
    return yield { kind: 'invalid', reason: `${context.path} names no person` };
  for (const [index, message] of (thread.messages ?? []).entries()) {
    yield readMessage(message, person, { ...context, path: `${context.path}.messages[${index}]` });
  }
}

/** `id` is the person's number, or the user id of a person without a known number. */
function personOf({ id, context }: Thread, contacts: readonly unknown[]): Counterpart | null {
  const waId = context?.wa_id ?? (id !== undefined && /^\+?\d+$/.test(id) ? id : undefined);
  const userId = context?.user_id ?? (waId === undefined ? id : undefined);
  const person = counterpartOf({ waId, userId }, contacts);
  const username = cleanName(context?.username ?? '', maxUsernameLength);
  return person === null || username === undefined ? person : { username, ...person };
}

function readMessage(
  given: unknown,
  person: Counterpart,
  { phoneNumberId, businessDigits, path }: ChunkContext,
): HistoryItem | UnreadableChange {
  const message = readBusinessMessage(given, { phoneNumberId, path });
  if (message.kind === 'invalid') return message;
  const { from, to, history_context: told } = Message.parse(given);
  const isOutbound =
    from === undefined || digitsOf(from) === businessDigits || (to !== undefined && isPerson(to, person));
  const direction = isOutbound ? 'outbound' : 'inbound';
  return { kind: 'history', phoneNumberId, person, direction, word: told?.status ?? null, message };
}

const isPerson = (id: string, { waId, userId }: Counterpart): boolean =>
  id === userId || (waId !== undefined && digitsOf(id) === digitsOf(waId));
