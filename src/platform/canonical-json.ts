/**
 * The canonical JSON of RFC 8785: no blanks, names in the order of their UTF-16 units, so that equal values give equal text.
 * As `JSON.stringify`, it calls `toJSON`, omits undefined fields, and writes what is no number as null and half a surrogate
 * pair as an escape. RFC 8785 refuses the last two, but a body of a stranger must not throw.
 */
export const canonicalJson = (value: unknown): string => write(value, '') ?? 'null';

/** Undefined for what JSON cannot hold. */
function write(given: unknown, key: string): string | undefined {
  const value = hasToJson(given) ? given.toJSON(key) : given;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => write(item, String(index)) ?? 'null').join(',')}]`;
  }
  // Not an object with sorted names: JavaScript would move names like "10" to its front.
  const entries = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, item]) => {
      const text = write(item, name);
      return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
    });
  return `{${entries.join(',')}}`;
}

const hasToJson = (value: unknown): value is { toJSON(key: string): unknown } =>
  typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
