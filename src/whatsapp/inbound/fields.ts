import { cutText } from '../../platform/text.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Meta's texts have at most 4,096 characters; a relay may send any length. */
const maxTextLength = 64 * 1_024;
const defaultTotalLength = 128 * 1_024;
const maxListItems = 200;
/** The provider's ids are shorter than a hundred characters. */
const maxIdLength = 512;
/** What is deeper, or comes later, counts as unread. */
const maxDepth = 32;
const maxVisits = 10_000;

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

  /** An id or code, which some relays send as a number. */
  function id(object: Fields, key: string): string | undefined {
    if (!Number.isFinite(object[key])) return text(object, key);
    pass(object, key);
    return String(object[key]);
  }

  /** Whether the object has a leaf that was not read. Empty leaves (null, an empty text) hold nothing. */
  function leavesMore(object: object): boolean {
    let visits = 0;
    const isLeft = (value: unknown, depth: number): boolean => {
      visits += 1;
      if (visits > maxVisits || depth > maxDepth) return true;
      if (typeof value !== 'object') return value !== '';
      if (value === null) return false;
      // Not `Object.entries`, which would copy a list of a million items first.
      if (Array.isArray(value)) return value.some((item) => isLeft(item, depth + 1));
      const known = read.get(value);
      return Object.entries(value).some(([key, part]) => known?.has(key) !== true && isLeft(part, depth + 1));
    };
    return isLeft(object, 0);
  }

  return {
    text,
    leavesMore,
    /** Marks a field as read that is not shown, or is shown elsewhere. */
    pass,
    /** Whether a text or list was longer than is shown. */
    isCut: (): boolean => isCut,

    id,

    /** The id of a message or a file, which some relays send as a number; undefined if it is longer than ids are. */
    reference(object: Fields, key: string): string | undefined {
      const value = object[key];
      return typeof value === 'string' && value.length > maxIdLength ? undefined : id(object, key);
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
