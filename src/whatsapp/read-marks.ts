import type { CallLimits, ReadMark, ReadMarkAnswer, Sender } from './gateway.ts';
import { errorCode, parseJson, parseRetryAfterMs, readGraphError, unexplained } from './graph.ts';
import type { GraphClient, HttpAnswer } from './graph.ts';

/** Shows the contact a message as read, and earlier ones with it; with `isTyping` also that somebody types, for 25 s. */
const bodyOf = ({ providerMessageId, isTyping }: ReadMark) => ({
  messaging_product: 'whatsapp',
  status: 'read',
  message_id: providerMessageId,
  ...(isTyping ? { typing_indicator: { type: 'text' } } : {}),
});

/** The call that WhatsApp has for read marks and for typing. A repetition changes nothing. */
export async function callReadMark(
  graph: GraphClient,
  { phoneNumberId, accessToken }: Sender,
  mark: ReadMark,
  limits: CallLimits & { readonly timeoutMs: number },
): Promise<ReadMarkAnswer> {
  const path = `/${encodeURIComponent(phoneNumberId)}/messages`;
  try {
    return interpret(
      await graph.request({ method: 'POST', path, accessToken, body: bodyOf(mark), ...limits }),
    );
  } catch (error) {
    return { kind: 'away', reason: errorCode(error) };
  }
}

function interpret(answer: HttpAnswer): ReadMarkAnswer {
  const error = readGraphError(parseJson(answer.text), answer.status);
  const retryAfterMs = parseRetryAfterMs(answer.retryAfter);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (error !== null) return { kind: 'refused', error, ...wait };
  if (answer.status >= 200 && answer.status < 300) return { kind: 'marked' };
  return answer.status >= 400 && answer.status < 500
    ? { kind: 'refused', error: unexplained(answer.status), ...wait }
    : { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
}
