import type { z } from 'zod';

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** The sentence for an issue whose schema has none of its own; without the validator's vocabulary. */
export function issueMessage(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? 'This is required.'
        : `This must be ${typeNames[issue.expected] ?? 'another value'}.`;
    case 'invalid_value':
      return issue.input === undefined ? 'This is required.' : oneOf(issue.values);
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : 'This has none of the allowed forms.';
    case 'too_big':
      return `This must ${sizeOf(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')}.`;
    case 'too_small':
      return isEmptyText(issue)
        ? 'This must not be empty.'
        : `This must ${sizeOf(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least')}.`;
    case 'invalid_format':
      return formatMessages[issue.format] ?? 'This has the wrong form.';
    case 'not_multiple_of':
      return `This must be a multiple of ${issue.divisor}.`;
    case 'unrecognized_keys':
      return 'This field is unknown.';
    case 'invalid_key':
      return 'One of the names in this is not allowed.';
    case 'invalid_element':
      return 'One of the values in this is not allowed.';
    case 'custom':
      return 'This value is not allowed.';
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a time',
  undefined: 'left out',
  never: 'left out',
};

const formatMessages: Readonly<Record<string, string>> = {
  email: 'This must be an e-mail address.',
  url: 'This must be a URL.',
  datetime: 'This must be a time with its zone, such as 2026-11-28T09:30:00Z.',
  date: 'This must be a date, such as 2026-11-28.',
  time: 'This must be a time of day, such as 09:30.',
  uuid: 'This must be a UUID.',
  base64: 'This must be encoded in Base64.',
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1
    ? `This must be ${String(values[0])}.`
    : `This must be one of: ${values.map(String).join(', ')}.`;

interface Sized {
  readonly origin: string;
  readonly exact?: boolean | undefined;
}

const units: Readonly<Record<string, string>> = {
  string: 'characters',
  array: 'items',
  set: 'items',
  map: 'fields',
};

function sizeOf({ origin, exact }: Sized, limit: unknown, comparison: string): string {
  const amount = exact === true ? String(limit) : `${comparison} ${String(limit)}`;
  const unit = units[origin];
  return unit === undefined ? `be ${amount}` : `have ${amount} ${unit}`;
}

const isEmptyText = ({ origin, ...issue }: Sized & { readonly minimum: unknown }): boolean =>
  (origin === 'string' || origin === 'array') && issue.minimum === 1;
