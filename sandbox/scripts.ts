/** Scripted answers to calls, and scripted failures of accepted messages. */
import { kindOf } from './error-table.ts';
import {
  asBoolean,
  asCode,
  asMapOf,
  asRecord,
  asText,
  asWhole,
  fail,
  optionally,
  rejectUnknown,
} from './setting-readers.ts';

interface Scripted {
  /** Only for numbers that end with this; any number if absent. */
  readonly to?: string;
  readonly times: number;
}

/** An answer that is given `times` times and comes before all other rules. */
export interface ScriptedAnswer extends Scripted {
  /** By default the status of the code. */
  readonly status: number;
  readonly code?: number;
  readonly subcode?: number;
  readonly details?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cuts the connection and accepts nothing. */
  readonly reset?: true;
}

/** The message is accepted, then fails with this code in the webhook. */
export interface ScriptedFailure extends Scripted {
  readonly code: number;
  readonly details?: string;
  /** Whether a `sent` receipt comes first. */
  readonly sent: boolean;
}

const MAX_TIMES = 1_000_000;

const asTimes = (value: unknown, field: string): number =>
  value === undefined ? 1 : asWhole(value, field, [1, MAX_TIMES]);

function asHeaders(value: unknown, field: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(
      asMapOf(value, field, (text, textField) => {
        const line = asText(text, textField);
        return /^[\x20-\x7e]*$/.test(line) ? line : fail(textField, 'must be printable ASCII');
      }),
    ).map(([name, line]) =>
      /^[\w-]+$/.test(name) ? [name, line] : fail(`${field}.${name}`, 'is not a header name'),
    ),
  ) as Record<string, string>;
}

const ANSWER_FIELDS = ['to', 'times', 'status', 'code', 'subcode', 'details', 'body', 'headers', 'reset'];

function statusOf(given: Readonly<Record<string, unknown>>, field: string): number {
  if (given['reset'] === true) return 0;
  if (given['status'] !== undefined) return asWhole(given['status'], `${field}.status`, [400, 599]);
  if (given['code'] === undefined) fail(`${field}.status`, 'or code is required');
  const subcode = given['subcode'] === undefined ? undefined : asCode(given['subcode'], `${field}.subcode`);
  return kindOf(asCode(given['code'], `${field}.code`), subcode).status;
}

export function asScriptedAnswer(value: unknown, field: string): ScriptedAnswer {
  const given = asRecord(value, field);
  rejectUnknown(given, ANSWER_FIELDS, `${field}.`);
  return {
    times: asTimes(given['times'], `${field}.times`),
    status: statusOf(given, field),
    ...optionally(given, 'to', [field, asText]),
    ...optionally(given, 'code', [field, asCode]),
    ...optionally(given, 'subcode', [field, asCode]),
    ...optionally(given, 'details', [field, asText]),
    ...optionally(given, 'headers', [field, asHeaders]),
    ...(given['body'] === undefined ? {} : { body: given['body'] }),
    ...(given['reset'] === true ? { reset: true as const } : {}),
  };
}

export function asScriptedFailure(value: unknown, field: string): ScriptedFailure {
  const given = asRecord(value, field);
  rejectUnknown(given, ['to', 'times', 'code', 'details', 'sent'], `${field}.`);
  return {
    times: asTimes(given['times'], `${field}.times`),
    code: asCode(given['code'], `${field}.code`),
    sent: given['sent'] === undefined ? false : asBoolean(given['sent'], `${field}.sent`),
    ...optionally(given, 'to', [field, asText]),
    ...optionally(given, 'details', [field, asText]),
  };
}

/** The first script for this number, and all scripts after using it once. */
export function takeScript<T extends Scripted>(
  scripts: readonly T[],
  to: string,
): { readonly taken: T; readonly left: readonly T[] } | null {
  const taken = scripts.find((script) => to.endsWith(script.to ?? ''));
  if (taken === undefined) return null;
  const left = scripts.flatMap((script) => {
    if (script !== taken) return [script];
    return script.times > 1 ? [{ ...script, times: script.times - 1 }] : [];
  });
  return { taken, left };
}
