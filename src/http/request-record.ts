import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogFields, Logger } from '../platform/logger.ts';
import { requestInfoOf } from './request-info.ts';
import type { Actor, RequestInfo } from './route.ts';

/** The facts about one request, collected for its line in the access log. */
export interface RequestRecord {
  readonly info: RequestInfo;
  readonly startedAtMs: number;
  /** The route's pattern, because a path may contain a phone number by mistake. */
  routePath?: string;
  /** Path parameters that are ids. */
  ids?: LogFields;
  actor?: Actor;
  problemCode?: string;
  /** When the head of a stream left. Its client ends it, so the end says nothing about the request. */
  answeredAtMs?: number;
}

/** Measures requests. Must not throw, and decides nothing. */
export interface RequestObserver {
  /** Called for each route before the first request; the method is in capital letters. */
  mounted(method: string, route: string): void;
  ended(request: {
    readonly method: string;
    /** The pattern of the route; null if no route has the path. */
    readonly route: string | null;
    readonly status: number;
    readonly problemCode: string | undefined;
    readonly seconds: number;
  }): void;
}

/** The logged status if the client disconnected before the response was complete. */
const clientGoneStatus = 499;

export interface RequestRecords {
  begin(request: IncomingMessage, response: ServerResponse, onEnd: () => void): RequestRecord;
  of(request: IncomingMessage): RequestRecord;
}

interface RequestRecordDeps {
  readonly logger: Logger;
  readonly trustedProxies: number;
  readonly observer?: RequestObserver | undefined;
}

/** Keeps a record of each request; writes a log line and measures it when it ends. */
export function createRequestRecords({
  logger,
  trustedProxies,
  observer,
}: RequestRecordDeps): RequestRecords {
  const records = new WeakMap<IncomingMessage, RequestRecord>();
  return {
    begin(request, response, onEnd) {
      const record: RequestRecord = {
        info: requestInfoOf(request, trustedProxies),
        startedAtMs: performance.now(),
      };
      records.set(request, record);
      response.once('close', () => {
        onEnd();
        const ms = (record.answeredAtMs ?? performance.now()) - record.startedAtMs;
        const isAnswered = response.writableFinished || record.answeredAtMs !== undefined;
        const status = isAnswered ? response.statusCode : clientGoneStatus;
        observer?.ended({
          method: request.method ?? 'other',
          route: record.routePath ?? null,
          status,
          problemCode: record.problemCode,
          seconds: ms / 1_000,
        });
        logger.info(lineOf(request, record, { status, ms }), 'request');
      });
      return record;
    },
    of(request) {
      const record = records.get(request);
      if (record === undefined) throw new Error('The request did not come through the HTTP server.');
      return record;
    },
  };
}

function lineOf(
  request: IncomingMessage,
  record: RequestRecord,
  { status, ms }: { status: number; ms: number },
): LogFields {
  const { info, actor, routePath, ids, problemCode } = record;
  return {
    requestId: info.requestId,
    method: request.method,
    route: routePath ?? null,
    ...ids,
    status,
    ms: Math.round(ms * 10) / 10,
    ...(problemCode === undefined ? {} : { code: problemCode }),
    ...(actor === undefined
      ? {}
      : { clientId: actor.clientId.toHexString(), userId: actor.userId.toHexString() }),
  };
}

/** The path parameters that are ids of ours, and so may be logged. */
export const idsOf = (params: Readonly<Record<string, string>>): LogFields =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => /^[0-9a-f]{24}$/.test(value)));

interface FailureReport {
  readonly logger: Logger;
  readonly record: RequestRecord;
  readonly code: string;
  readonly status: number;
  readonly cause: unknown;
}

/**
 * Logs a bug as an error and an unavailable dependency as a warning. A refusal appears only in the access line; so does
 * an overload, which a flood of lines would make worse.
 */
export function reportFailure({ logger, record, code, status, cause }: FailureReport): void {
  record.problemCode = code;
  if (status < 500 || code === 'overloaded') return;
  const fields = { requestId: record.info.requestId, route: record.routePath ?? null, code, error: cause };
  if (code === 'internal') logger.error(fields, 'request failed because of a bug');
  else logger.warn(fields, 'request refused because a dependency is unavailable');
}
