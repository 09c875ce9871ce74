import { cutText } from '../../../platform/text.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Characters of all keys and values of a source. */
const maxSourceLength = 128 * 1_024;
const maxKeyLength = 256;
const maxDepth = 32;
/** What a number, a boolean or an empty object counts. */
const smallLength = 8;

export interface Source {
  readonly json: string;
  readonly isCut: boolean;
}

/**
 * The object as JSON text, at most `maxSourceLength` characters and 32 levels: the text that is too long is cut at a
 * whole character, everything after it is left out. Still an object, whatever was left out. Pure.
 */
export function sourceOf(object: Fields): Source {
  let left = maxSourceLength;
  let isCut = false;

  function copyText(text: string): string {
    const kept = cutText(text, left);
    if (kept.length < text.length) isCut = true;
    left -= kept.length;
    return kept;
  }

  /** Undefined if there is no room for it. */
  function copy(value: unknown, depth: number): unknown {
    left -= smallLength;
    if (left <= 0 || depth > maxDepth) {
      isCut = true;
      return undefined;
    }
    if (typeof value === 'string') return copyText(value);
    if (Array.isArray(value)) return copyList(value, depth);
    return typeof value === 'object' && value !== null ? copyObject(value as Fields, depth) : value;
  }

  function copyList(list: readonly unknown[], depth: number): unknown[] {
    const copies: unknown[] = [];
    for (const item of list) {
      const kept = copy(item, depth + 1);
      if (left <= 0) break;
      copies.push(kept ?? null);
    }
    return copies;
  }

  function copyObject(given: Fields, depth: number): Fields {
    const entries: [string, unknown][] = [];
    for (const [key, value] of Object.entries(given)) {
      if (left <= 0) break;
      if (key.length > maxKeyLength) isCut = true;
      else entries.push([copyText(key), copy(value, depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  const json = JSON.stringify(copyObject(object, 0));
  return { json, isCut };
}
