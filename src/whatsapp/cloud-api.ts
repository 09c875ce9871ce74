import { Pool } from 'undici';
import { z } from 'zod';
import type { Gateway, GatewayAnswer, HealthAnswer, NumberAnswer, RejectedError, Sender } from './gateway.ts';
import { maskDigits, type MessageBody } from './payload.ts';

export interface CloudApiOptions {
  /** Origin of the Graph API, without version: `https://graph.facebook.com`. */
  readonly apiUrl: string;
  /** Graph version: `v25.0`. */
  readonly apiVersion: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

const AcceptedAnswer = z.object({
  messages: z
    .array(z.object({ id: z.string().min(1), message_status: z.string().optional().catch(undefined) }))
    .min(1),
});

const NumberDescribed = z.object({
  display_phone_number: z.string().min(1).max(64),
  verified_name: z.string().max(512).optional(),
  quality_rating: z.string().max(64).optional(),
});

const endpointPaths = { messages: '/messages', marketing: '/marketing_messages' } as const;

const HealthDescribed = z.object({
  health_status: z.object({ can_send_message: z.string() }).optional().catch(undefined),
});

const numberFields = Object.keys(NumberDescribed.shape).join(',');

/**
 * The code decides; what comes beside it may have any shape without hiding it. `error_data` is an object with
 * `details`, or plain text: both are seen in the field.
 */
const GraphError = z.object({
  error: z.object({
    code: z.number(),
    message: z.string().optional().catch(undefined),
    error_subcode: z.number().optional().catch(undefined),
    is_transient: z.boolean().optional().catch(undefined),
    error_data: z
      .union([z.string(), z.object({ details: z.string().optional() })])
      .optional()
      .catch(undefined),
  }),
});

/** Meta's Cloud API over one keep-alive connection pool. The sandbox speaks the same language. */
export function createCloudApiGateway(options: CloudApiOptions): Gateway {
  const { origin, pathname } = new URL(options.apiUrl);
  const basePath = `${pathname.replace(/\/$/, '')}/${options.apiVersion}`;
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    connectTimeout: Math.min(options.timeoutMs, 5_000),
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
  });
  /** One HTTP call with its whole answer; throws when there is none. */
  async function request(sender: Sender, path: string, body?: MessageBody): Promise<HttpAnswer> {
    const response = await pool.request({
      method: body === undefined ? 'GET' : 'POST',
      path: `${basePath}/${encodeURIComponent(sender.phoneNumberId)}${path}`,
      headers: {
        authorization: `Bearer ${sender.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: response.statusCode,
      retryAfter: headerText(response.headers['retry-after']),
      text: await response.body.text(),
    };
  }
  return {
    async send(sender: Sender, body: MessageBody): Promise<GatewayAnswer> {
      const { endpoint = 'messages' } = sender;
      let answer: HttpAnswer;
      try {
        answer = await request(sender, endpointPaths[endpoint], body);
      } catch (error) {
        return answerOfTransportError(error);
      }
      const interpreted = interpretAnswer(answer);
      return interpreted.kind === 'rejected'
        ? { ...interpreted, error: { ...interpreted.error, endpoint } }
        : interpreted;
    },
    async checkHealth(sender: Sender): Promise<HealthAnswer> {
      try {
        return interpretHealthAnswer(await request(sender, '?fields=health_status'));
      } catch (error) {
        return { kind: 'away', reason: errorCode(error) };
      }
    },
    async describeNumber(sender: Sender): Promise<NumberAnswer> {
      try {
        return interpretNumberAnswer(await request(sender, `?fields=${numberFields}`));
      } catch (error) {
        return { kind: 'away', reason: errorCode(error) };
      }
    },
    close: () => pool.close(),
  };
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/**
 * What an HTTP answer says about the message. A 2xx without a message id, and a 5xx without Meta's error object,
 * may come from something on the way after the message was taken: unknown. Without that object, 429 and 4xx are
 * refusals that never reached the send.
 */
export function interpretAnswer(answer: HttpAnswer): GatewayAnswer {
  const json = parseJson(answer.text);
  const graphError = GraphError.safeParse(json);
  if (graphError.success) return rejected(toRejectedError(graphError.data.error, answer.status), answer);
  const accepted = AcceptedAnswer.safeParse(json);
  if (answer.status >= 200 && answer.status < 300 && accepted.success) {
    const first = accepted.data.messages[0];
    return {
      kind: 'accepted',
      providerMessageId: first?.id ?? '',
      isHeld: first?.message_status === 'held_for_quality_assessment',
    };
  }
  if (answer.status >= 400 && answer.status < 500) {
    const title = answer.status === 429 ? 'Too many requests' : 'Refused without an explanation';
    return rejected({ code: answer.status, httpStatus: answer.status, title, detail: '' }, answer);
  }
  return { kind: 'unknown', reason: `HTTP ${answer.status} without a body of the Graph API` };
}

/** What an HTTP answer says about the number. Without Meta's error object it was not Meta that refused. */
export function interpretNumberAnswer(answer: HttpAnswer): NumberAnswer {
  const json = parseJson(answer.text);
  const graphError = GraphError.safeParse(json);
  if (graphError.success) {
    return { kind: 'refused', error: toRejectedError(graphError.data.error, answer.status) };
  }
  const described = NumberDescribed.safeParse(json);
  if (answer.status !== 200 || !described.success) {
    return { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
  }
  const { display_phone_number, verified_name, quality_rating } = described.data;
  return {
    kind: 'described',
    number: {
      displayNumber: display_phone_number,
      ...(verified_name === undefined ? {} : { verifiedName: verified_name }),
      ...(quality_rating === undefined ? {} : { qualityRating: quality_rating }),
    },
  };
}

/** What an HTTP answer says of the number's health. Source: Meta's health status reference. */
export function interpretHealthAnswer(answer: HttpAnswer): HealthAnswer {
  const json = parseJson(answer.text);
  const graphError = GraphError.safeParse(json);
  if (graphError.success) {
    return { kind: 'refused', error: toRejectedError(graphError.data.error, answer.status) };
  }
  const described = HealthDescribed.safeParse(json);
  if (answer.status !== 200 || !described.success) {
    return { kind: 'away', reason: `HTTP ${answer.status} without a body of the Graph API` };
  }
  const word = described.data.health_status?.can_send_message;
  if (word === undefined) return { kind: 'silent' };
  return { kind: word === 'BLOCKED' ? 'blocked' : 'available' };
}

function rejected(error: RejectedError, answer: HttpAnswer): GatewayAnswer {
  const retryAfterMs = parseRetryAfterMs(answer.retryAfter);
  return { kind: 'rejected', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function toRejectedError(error: z.output<typeof GraphError>['error'], httpStatus: number): RejectedError {
  const data = error.error_data;
  const detail = typeof data === 'string' ? data : (data?.details ?? '');
  return {
    code: error.code,
    httpStatus,
    title: maskDigits(error.message ?? ''),
    detail: maskDigits(detail),
    ...(error.error_subcode === undefined ? {} : { subcode: error.error_subcode }),
    ...(error.is_transient === undefined ? {} : { isTransient: error.is_transient }),
  };
}

/** The failures in which no byte of the request can have reached the provider. */
const notReachedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function answerOfTransportError(error: unknown): GatewayAnswer {
  const code = errorCode(error);
  return notReachedCodes.has(code)
    ? { kind: 'not-reached', reason: code }
    : { kind: 'unknown', reason: code };
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  // A name with several addresses fails as an AggregateError: each of its errors has the same meaning for us.
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // Not JSON is an answer like any other: `interpretAnswer` judges it by its status.
  }
}

const headerText = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** `Retry-After` in whole seconds (RFC 9110); Meta does not send the date form. */
const parseRetryAfterMs = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined;
