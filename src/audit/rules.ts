/** Fields whose values are never recorded, whatever the object. */
const secretFields: ReadonlySet<string> = new Set([
  'passwordHash',
  'accessToken',
  'appSecret',
  'webhookKeyHash',
  'tokenHash',
]);

type Fields = Readonly<Record<string, unknown>>;

export interface Change {
  readonly before: Fields;
  readonly after: Fields;
}

const mask = '[secret]';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * The fields that differ between two states of an object, with the value on each side; null if a side lacks the field.
 * The values of secrets are masked.
 */
export function changeBetween(before: Fields, after: Fields): Change {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !same(before[name], after[name]),
  );
  const pick = (side: Fields): Fields =>
    Object.fromEntries(
      names.map((name) => [
        name,
        secretFields.has(name) && side[name] !== undefined ? mask : (side[name] ?? null),
      ]),
    );
  return { before: pick(before), after: pick(after) };
}
