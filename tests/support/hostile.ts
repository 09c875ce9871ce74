export type Json = Readonly<Record<string, unknown>>;

/** A value that few or no fields of the product accept, with a name for the report. */
export interface Hostile {
  readonly name: string;
  readonly value: unknown;
}

const named = (name: string, value: unknown): Hostile => ({ name, value });

const nested = (depth: number): unknown => (depth === 0 ? 'x' : { a: nested(depth - 1) });

/** Wrong types, query operators, arrays, oversized and deeply nested values. */
export const hostileValues: readonly Hostile[] = [
  named('null', null),
  named('zero', 0),
  named('a fraction', 1.5),
  named('true', true),
  named('false', false),
  named('an empty text', ''),
  named('blanks', '   '),
  named('a long text', 'x'.repeat(20_000)),
  named('a NUL', '\0'),
  named('an empty list', []),
  named('a list', ['x']),
  named('a list of null', [null]),
  named('an empty object', {}),
  named('$ne', { $ne: null }),
  named('$gt', { $gt: '' }),
  named('$in', { $in: ['x'] }),
  named('$regex', { $regex: '.*' }),
  named('$where', { $where: 'sleep(1000)' }),
  named('$expr', { $expr: { $eq: [1, 1] } }),
  named('a constructor', { constructor: { prototype: { isAdmin: true } } }),
  named('something deep', nested(20)),
];

/** Undeclared fields: fields of the models, operators of the driver, properties that JavaScript inherits. */
export const foreignFields: readonly Hostile[] = [
  named('unheard', 1),
  named('clientId', '0123456789abcdef01234567'),
  named('_id', '0123456789abcdef01234567'),
  named('status', 'read'),
  named('role', 'admin'),
  named('isOperator', true),
  named('$where', '1'),
  named('$set', { role: 'admin' }),
  named('a.b', 1),
  named('', 1),
  named('constructor', { prototype: { isAdmin: true } }),
  named('toString', 'x'),
];

/** A copy of `source` with the value at the dotted path replaced; list indices are numbers. */
export function withValue(source: Json, path: string, value: unknown): Json {
  const copy = structuredClone(source) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let place = copy;
  for (const step of steps) place = place[step] as Record<string, unknown>;
  place[last] = value;
  return copy;
}

/** A copy without the field. */
export function without(source: Json, field: string): Json {
  const { [field]: _left, ...rest } = source;
  return rest;
}

/** Combinations of a place and hostile values that are valid there. */
export const harmlessAt = (place: string, ...names: string[]): string[] =>
  names.map((name) => `${place}: ${name}`);
export const isCleared = (...places: string[]): string[] =>
  places.flatMap((place) => harmlessAt(place, 'null'));
