/** The numbers of an account in the Graph API: `GET /<version>/<account id>/phone_numbers`. */
import { tokenOf } from './access.ts';
import type { HttpAnswer } from './graph-api.ts';
import type { Behaviour } from './settings.ts';

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const MAX_TOKENS = 10_000;
const MAX_NUMBERS_OF_TOKEN = 1_000;

/** The numbers that each token has asked about: without settings, they are in every account that it asks about. */
export interface NumberBook {
  note(authorization: string, phoneNumberId: string): void;
  /** The latest first. */
  numbersOf(authorization: string): readonly string[];
}

export function createNumberBook(): NumberBook {
  const numbers = new Map<string, Set<string>>();

  function dropOldest(
    keys: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean },
    max: number,
  ) {
    if (keys.size <= max) return;
    const oldest = keys.keys().next();
    if (oldest.done !== true) keys.delete(oldest.value);
  }

  return {
    note(authorization, phoneNumberId) {
      const token = tokenOf(authorization);
      const known = numbers.get(token) ?? new Set();
      known.delete(phoneNumberId);
      known.add(phoneNumberId);
      dropOldest(known, MAX_NUMBERS_OF_TOKEN);
      numbers.set(token, known);
      dropOldest(numbers, MAX_TOKENS);
    },
    numbersOf: (authorization) => [...(numbers.get(tokenOf(authorization)) ?? [])].toReversed(),
  };
}

export interface NumberListQuery {
  readonly authorization: string;
  readonly wabaId: string;
  readonly params: URLSearchParams;
  /** The address of the list, without its query. */
  readonly address: string;
}

export function listNumbers(
  book: NumberBook,
  behaviour: Behaviour,
  { authorization, wabaId, params, address }: NumberListQuery,
): HttpAnswer {
  const { numbers } = behaviour;
  const settled = Object.keys(numbers).filter((id) => numbers[id]?.wabaId !== undefined);
  const asked = book.numbersOf(authorization).filter((id) => !settled.includes(id));
  const ids = [...settled.filter((id) => numbers[id]?.wabaId === wabaId), ...asked];
  const limit = Math.min(Math.max(1, Number(params.get('limit')) || DEFAULT_LIMIT), MAX_LIMIT);
  const after = params.get('after');
  const from = after === null ? 0 : ids.indexOf(Buffer.from(after, 'base64url').toString()) + 1;
  const page = ids.slice(from, from + limit);
  const cursorOf = (id = '') => Buffer.from(id).toString('base64url');
  const cursors = { before: cursorOf(page[0]), after: cursorOf(page.at(-1)) };
  const next = new URLSearchParams({ ...Object.fromEntries(params), after: cursors.after });
  const isLast = from + limit >= ids.length;
  return {
    status: 200,
    body: {
      data: page.map((id) => ({ id })),
      ...(page.length === 0
        ? {}
        : { paging: { cursors, ...(isLast ? {} : { next: `${address}?${next.toString()}` }) } }),
    },
  };
}
