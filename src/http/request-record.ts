import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LogFields, Logger } from '../platform/logger.ts';
import { requestInfoOf } from './request-info.ts';
import type { Actor, RequestInfo } from './route.ts';

/** What is known of one request while it is served; becomes its line in the access log. */
export interface RequestRecord {
  readonly info: RequestInfo;
  readonly startedAtMs: number;
  /** The pattern and not the path: a path may hold a phone number that somebody put there by mistake. */
  routePath?: string;
  /** Path parameters that are ids. */
  ids?: LogFields;
  actor?: Actor;
  problemCode?: string;
}

/** Status in the log when the client went away before it was answered. */
const clientGoneStatus = 499;

export interface RequestRecords {
  begin(request: IncomingMessage, response: ServerResponse, onEnd: () => void): RequestRecord;
  of(request: IncomingMessage): RequestRecord;
}

/** Keeps one record per request under way and writes one line for each that has ended. */
export function createRequestRecords(logger: Logger, trustedProxies: number): RequestRecords {
  const records = new WeakMap<IncomingMessage, RequestRecord>();
  return {
    begin(request, response, onEnd) {
      const record = { info: requestInfoOf(request, trustedProxies), startedAtMs: performance.now() };
      records.set(request, record);
      response.once('close', () => {
        onEnd();
        logger.info(lineOf(request, response, record), 'request');
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

function lineOf(request: IncomingMessage, response: ServerResponse, record: RequestRecord): LogFields {
  const { info, actor, routePath, ids, problemCode } = record;
  return {
    requestId: info.requestId,
    method: request.method,
    route: routePath ?? null,
    ...ids,
    status: response.writableFinished ? response.statusCode : clientGoneStatus,
    ms: Math.round((performance.now() - record.startedAtMs) * 10) / 10,
    ...(problemCode === undefined ? {} : { code: problemCode }),
    ...(actor === undefined
      ? {}
      : { clientId: actor.clientId.toHexString(), userId: actor.userId.toHexString() }),
  };
}

/** Of a route's parameters, those that are ids of ours and may be logged. */
export const idsOf = (params: Readonly<Record<string, string>>): LogFields =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => /^[0-9a-f]{24}$/.test(value)));

interface FailureReport {
  readonly logger: Logger;
  readonly record: RequestRecord;
  readonly code: string;
  readonly status: number;
  readonly cause: unknown;
}

/** A bug is an error in the log, an absent dependency a warning; a refusal stands in the access line only. */
export function reportFailure({ logger, record, code, status, cause }: FailureReport): void {
  record.problemCode = code;
  if (status < 500) return;
  const fields = { requestId: record.info.requestId, route: record.routePath ?? null, code, error: cause };
  if (code === 'internal') logger.error(fields, 'request failed: a bug');
  else logger.warn(fields, 'request refused: something is away');
}
