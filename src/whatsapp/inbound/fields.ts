import { cutText } from '../../platform/text.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Meta's texts have at most 4,096 characters; a relay may send any length. */
const maxTextLength = 64 * 1_024;
const defaultTotalLength = 128 * 1_024;
const maxListItems = 200;
/** Deeper objects are not read. */
const maxDepth = 32;

export type FieldReader = ReturnType<typeof createFieldReader>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface ReaderLimits {
  /** Of all texts of a message together, so that a list of messages stays small. */
  readonly maxTotalLength?: number;
}

/**
 * Reads the fields of one object of the provider, leaf by leaf, and remembers which were read: `leavesMore` then says
 * whether the object holds anything else. A field of an unexpected type counts as unread. Never throws.
 */
export function createFieldReader({ maxTotalLength = defaultTotalLength }: ReaderLimits = {}) {
  const read = new Map<object, Set<string>>();
  let isCut = false;
  let lengthLeft = maxTotalLength;

  function pass(object: object, key: string): void {
    read.set(object, (read.get(object) ?? new Set()).add(key));
  }

  /** A text; undefined if it is missing or empty. A text that is too long is cut, and counts as unread. */
  function text(object: Fields, key: string): string | undefined {
    const value = object[key];
    if (typeof value !== 'string' || value === '') return undefined;
    const shown = cutText(value, Math.min(maxTextLength, lengthLeft));
    lengthLeft -= shown.length;
    if (shown.length < value.length) isCut = true;
    else pass(object, key);
    return shown === '' ? undefined : shown;
  }

  /** Whether the object has a leaf that was not read. Empty leaves (null, an empty text) hold nothing. */
  function leavesMore(object: object, depth = 0): boolean {
    if (depth > maxDepth) return true;
    const known = read.get(object);
    return Object.entries(object).some(([key, value]: [string, unknown]) => {
      if (value === null || value === '' || known?.has(key) === true) return false;
      return typeof value === 'object' ? leavesMore(value, depth + 1) : true;
    });
  }

  return {
    text,
    leavesMore,
    /** Marks a field as read that is not shown, or is shown elsewhere. */
    pass,
    /** Whether a text or list was longer than is shown. */
    isCut: (): boolean => isCut,

    /** An id or code, which some relays send as a number. */
    id(object: Fields, key: string): string | undefined {
      const value = object[key];
      if (typeof value !== 'number' || !Number.isFinite(value)) return text(object, key);
      pass(object, key);
      return String(value);
    },

    /** A number, also as text. */
    number(object: Fields, key: string): number | undefined {
      const value = object[key];
      if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
      const number = Number(value);
      if (!Number.isFinite(number)) return undefined;
      pass(object, key);
      return number;
    },

    flag(object: Fields, key: string): boolean | undefined {
      const value = object[key];
      if (typeof value !== 'boolean') return undefined;
      pass(object, key);
      return value;
    },

    object(object: Fields, key: string): Fields | undefined {
      const value = object[key];
      return isFields(value) ? value : undefined;
    },

    /** The objects of a list; further ones count as unread. */
    objects(object: Fields, key: string): readonly Fields[] {
      const value = object[key];
      if (!Array.isArray(value)) return [];
      if (value.length > maxListItems) isCut = true;
      return value.slice(0, maxListItems).filter(isFields);
    },
  };
}

/** Without the fields that are undefined. */
export const defined = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
