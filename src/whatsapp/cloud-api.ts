import { z } from 'zod';
import { findInAccount, type Ask } from './account-numbers.ts';
import type {
  AccountAnswer,
  CallLimits,
  Gateway,
  GatewayAnswer,
  HealthAnswer,
  NumberAnswer,
  RejectedError,
  Sender,
} from './gateway.ts';
import {
  createGraphClient,
  errorCode,
  parseJson,
  parseRetryAfterMs,
  readGraphError,
  unexplained,
  type GraphOptions,
  type HttpAnswer,
} from './graph.ts';
import { messagingLimitOf } from './number-events.ts';
import type { MessageBody } from './payload.ts';
import { callReadMark } from './read-marks.ts';
import { explainTransport, isNotReached } from './transport-errors.ts';

export type { HttpAnswer } from './graph.ts';

const AcceptedAnswer = z.object({
  messages: z
    .array(z.object({ id: z.string().min(1), message_status: z.string().optional().catch(undefined) }))
    .min(1),
});

const NumberDescribed = z.object({
  display_phone_number: z.string().min(1).max(64),
  verified_name: z.string().max(512).optional(),
  quality_rating: z.string().max(64).optional(),
  whatsapp_business_manager_messaging_limit: z.string().max(64).optional().catch(undefined),
  throughput: z.object({ level: z.string() }).optional().catch(undefined),
});

/** Messages per second of each level; a number with `NOT_APPLICABLE` is not on the Cloud API yet. */
const throughputs: ReadonlyMap<string, number> = new Map([
  ['STANDARD', 80],
  ['HIGH', 1_000],
]);

const AccountDescribed = z.object({
  id: z.string().min(1),
  owner_business_info: z
    .object({ id: z.string().min(1).max(64) })
    .optional()
    .catch(undefined),
});

const endpointPaths = { messages: '/messages', marketing: '/marketing_messages' } as const;

const HealthDescribed = z.object({
  health_status: z.object({ can_send_message: z.string() }).optional().catch(undefined),
});

const numberFields = Object.keys(NumberDescribed.shape).join(',');

/** Meta's Cloud API for messages; the sandbox implements the same API. */
export function createCloudApiGateway(options: GraphOptions): Gateway {
  const graph = createGraphClient(options);
  const pathOf = ({ phoneNumberId }: Sender, rest: string): string =>
    `/${encodeURIComponent(phoneNumberId)}${rest}`;
  /** One GET request; adds the limit usage that Meta reports in its headers. */
  const ask: Ask = async ({ accessToken }, path, interpret) => {
    try {
      const answer = await graph.request({ method: 'GET', path, accessToken });
      return { ...interpret(answer), ...(answer.usage === undefined ? {} : { usage: answer.usage }) };
    } catch (error) {
      return { kind: 'away', reason: errorCode(error) };
    }
  };
  return {
    async send(sender: Sender, body: MessageBody, limits?: CallLimits): Promise<GatewayAnswer> {
      const { accessToken, endpoint = 'messages' } = sender;
      let answer: HttpAnswer;
      try {
        answer = await graph.request({
          method: 'POST',
          path: pathOf(sender, endpointPaths[endpoint]),
          accessToken,
          body,
          ...limits,
        });
      } catch (error) {
        return answerOfTransportError(error);
      }
      const interpreted = interpretAnswer(answer);
      return interpreted.kind === 'rejected'
        ? { ...interpreted, error: { ...interpreted.error, endpoint } }
        : interpreted;
    },
    checkHealth: (number) => ask(number, pathOf(number, '?fields=health_status'), interpretHealthAnswer),
    describeNumber: (number) => ask(number, pathOf(number, `?fields=${numberFields}`), interpretNumberAnswer),
    describeAccount(number) {
      const path = `/${encodeURIComponent(number.wabaId)}?fields=owner_business_info`;
      return ask(number, path, interpretAccountAnswer);
    },
    findInAccount: (number) => findInAccount(ask, number),
    markRead: (sender, mark, limits) => callReadMark(graph, sender, mark, limits),
    close: () => graph.close(),
  };
}

/**
 * Interprets the HTTP response to a send. A 2xx without a message id, or a 5xx without Meta's error object, may come from
 * a proxy after Meta accepted the message: the outcome is unknown. A 4xx without that object is a refusal by a proxy.
 */
export function interpretAnswer(answer: HttpAnswer): GatewayAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return rejected(error, answer);
  const accepted = AcceptedAnswer.safeParse(json);
  if (answer.status >= 200 && answer.status < 300 && accepted.success) {
    const first = accepted.data.messages[0];
    return {
      kind: 'accepted',
      providerMessageId: first?.id ?? '',
      isHeld: first?.message_status === 'held_for_quality_assessment',
    };
  }
  if (answer.status >= 400 && answer.status < 500) return rejected(unexplained(answer.status), answer);
  return { kind: 'unknown', reason: `HTTP ${answer.status} without a body of the Graph API` };
}

/** Interprets the HTTP response about a number. An error without Meta's error object does not come from Meta. */
export function interpretNumberAnswer(answer: HttpAnswer): NumberAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return { kind: 'refused', error };
  const described = NumberDescribed.safeParse(json);
  if (answer.status !== 200 || !described.success) {
    return { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
  }
  const { display_phone_number, verified_name, quality_rating } = described.data;
  const tier = described.data.whatsapp_business_manager_messaging_limit;
  const messagingLimit = tier === undefined ? undefined : messagingLimitOf(tier);
  const throughput = throughputs.get(described.data.throughput?.level ?? '');
  return {
    kind: 'described',
    number: {
      displayNumber: display_phone_number,
      ...(verified_name === undefined ? {} : { verifiedName: verified_name }),
      ...(quality_rating === undefined ? {} : { qualityRating: quality_rating }),
      ...(messagingLimit === undefined ? {} : { messagingLimit }),
      ...(throughput === undefined ? {} : { throughput }),
    },
  };
}

export function interpretAccountAnswer(answer: HttpAnswer): AccountAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return { kind: 'refused', error };
  const described = AccountDescribed.safeParse(json);
  if (answer.status !== 200 || !described.success) {
    return { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
  }
  return { kind: 'described', portfolioId: described.data.owner_business_info?.id ?? null };
}

/** Interprets the HTTP response about a number's health. Source: Meta's health status reference. */
export function interpretHealthAnswer(answer: HttpAnswer): HealthAnswer {
  const json = parseJson(answer.text);
  const error = readGraphError(json, answer.status);
  if (error !== null) return { kind: 'refused', error };
  const described = HealthDescribed.safeParse(json);
  if (answer.status !== 200 || !described.success) {
    return { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
  }
  const canSend = described.data.health_status?.can_send_message;
  if (canSend === undefined) return { kind: 'silent' };
  return { kind: canSend === 'BLOCKED' ? 'blocked' : 'available' };
}

function rejected(error: RejectedError, answer: HttpAnswer): GatewayAnswer {
  const retryAfterMs = parseRetryAfterMs(answer.retryAfter);
  return { kind: 'rejected', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function answerOfTransportError(error: unknown): GatewayAnswer {
  const code = errorCode(error);
  return { kind: isNotReached(code) ? 'not-reached' : 'unknown', ...explainTransport(code) };
}
