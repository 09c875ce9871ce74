import { createItemCount } from './item-count.ts';

/**
 * What a webhook body may hold, judged before anything is parsed. Meta sends at most 3 MB and 1,000 updates; the history of
 * a phone app comes in bodies of thousands of messages with about ten values each. The bounds keep `JSON.parse` under
 * 50 ms: its time grows with the values, and most of all with the distinct keys, of which Meta has a few hundred.
 */
export const bodyBounds = {
  /** Bytes of the body as it is stored. */
  bytes: 4 * 1024 * 1024,
  /** Levels of nested objects and lists. */
  depth: 64,
  /** Objects, lists, texts, numbers and literals. */
  values: 150_000,
  /** Distinct names of fields. */
  keys: 5_000,
} as const;

export type BodyBound = keyof typeof bodyBounds;

export const bodyBoundNames = Object.keys(bodyBounds) as readonly BodyBound[];

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const escape = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

export interface BodyMeasure {
  /** The first bound that the body exceeds, or null. */
  readonly exceeded: BodyBound | null;
  /** Objects that may each become documents of their own (`item-count.ts`); of no meaning beyond a bound. */
  readonly items: number;
}

export const findExceededBound = (body: string): BodyBound | null => measureBody(body).exceeded;

/** Reads each character once and stops at the first excess. */
export function measureBody(body: string): BodyMeasure {
  const bytes = Buffer.byteLength(body);
  const counted = createItemCount(body);
  const exceeded = (bound: BodyBound): BodyMeasure => ({ exceeded: bound, items: counted.items() });
  if (bytes > bodyBounds.bytes) return exceeded('bytes');
  const keys = createKeyCount();
  let [depth, values, at] = [0, 1, 0];
  while (at < body.length) {
    const unit = body.charCodeAt(at);
    switch (unit) {
      case quote: {
        const start = at;
        at = keys.readText(body, at);
        counted.text(start + 1, at);
        break;
      }
      case openList:
      case openObject:
        values += 1;
        depth += 1;
        if (depth > bodyBounds.depth) return exceeded('depth');
        if (unit === openList) counted.openList(depth);
        else counted.openObject(depth);
        break;
      case closeList:
      case closeObject:
        depth -= 1;
        counted.next();
        break;
      case comma:
        values += 1;
        counted.next();
        break;
      case colon:
        if (keys.countLastText() > bodyBounds.keys) return exceeded('keys');
        counted.colon();
        break;
    }
    if (values > bodyBounds.values) return exceeded('values');
    at += 1;
  }
  return { exceeded: null, items: counted.items() };
}

const hashBits = 16;

/**
 * Counts distinct keys by a hash of 16 bits: it may count too few, never too many. Texts that somebody chose to collide
 * stay within the bound of values.
 */
function createKeyCount() {
  const seen = new Uint8Array(2 ** hashBits);
  let [hash, count] = [0, 0];
  return {
    /** Passes over the text that begins at `start`; returns the index of its end. */
    readText(body: string, start: number): number {
      hash = 0x811c9dc5;
      let at = start + 1;
      for (; at < body.length; at += 1) {
        const unit = body.charCodeAt(at);
        if (unit === quote) break;
        if (unit === escape) at += 1;
        hash = Math.imul(hash ^ unit, 0x01000193);
      }
      return at;
    },
    /** A text before a colon is a key. */
    countLastText(): number {
      const slot = (hash ^ (hash >>> hashBits)) & (2 ** hashBits - 1);
      if (seen[slot] === 0) count += 1;
      seen[slot] = 1;
      return count;
    },
  };
}
