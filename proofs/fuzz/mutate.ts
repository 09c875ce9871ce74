import { below, pick, type Random } from '../shared/random.ts';
import { toWire, type CorpusEntry } from './corpus.ts';

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Values that parsers trip over: wrong types, extreme numbers, dates and texts, names of object properties. */
const oddValues: readonly [() => unknown, ...(() => unknown)[]] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1.5,
  () => 2 ** 53,
  () => 1e308,
  () => 9_999_999_999_999,
  () => '9'.repeat(13),
  () => '9'.repeat(400),
  () => '',
  () => ' ',
  () => '\0',
  () => '\ud800',
  () => '\u202e٣٤٥',
  () => 'é'.repeat(513),
  () => '+49 151 1234-5601 '.repeat(200),
  () => 'a'.repeat(20_000),
  () => '1'.repeat(20_000),
  () => [],
  () => ({}),
  () => [[]],
  () => [null],
  () => ({ $ne: null }),
  () => ({ length: 3 }),
  () => ({ toString: 1, valueOf: null }),
  () => JSON.parse('{"__proto__":{"status":"read"}}') as unknown,
  () => nest(500, () => []),
  () => nest(200, () => ({})),
];

const oddKeys: readonly [string, ...string[]] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '$where',
  'entry',
  'changes',
  'value',
  'field',
  'statuses',
  'messages',
  'errors',
  'contacts',
  'id',
  'timestamp',
  'type',
];

function nest(depth: number, make: () => Container): unknown {
  let nested: Container = make();
  for (let level = 0; level < depth; level += 1)
    nested = Array.isArray(nested) ? [nested] : { value: nested };
  return nested;
}

/** A place inside a JSON document; the root has none. */
interface Place {
  readonly parent: Container;
  readonly key: string;
}

function placesOf(json: unknown): Place[] {
  const places: Place[] = [];
  const open: unknown[] = [json];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isContainer(next)) continue;
    for (const [key, value] of Object.entries(next)) {
      places.push({ parent: next, key });
      open.push(value);
    }
  }
  return places;
}

const valueAt = ({ parent, key }: Place): unknown => (parent as Record<string, unknown>)[key];

/** As JSON.parse does: a key named `__proto__` becomes a property and no prototype. */
function setAt({ parent, key }: Place, value: unknown): void {
  // The keys of a list are its indexes only; setting `length` would truncate it.
  if (Array.isArray(parent) && !/^\d+$/.test(key)) return void parent.push(value);
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function removeAt({ parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** One change to the structure of a document, in place. `other` is a document to borrow from. */
function changeStructure(json: unknown, other: unknown, random: Random): void {
  const places = placesOf(json);
  const place = places[below(places.length, random)];
  if (place === undefined) return;
  switch (below(7, random)) {
    case 0:
      return removeAt(place);
    case 1: {
      const value = valueAt(place);
      removeAt(place);
      if (!Array.isArray(place.parent)) setAt({ parent: place.parent, key: pick(oddKeys, random) }, value);
      return;
    }
    case 2:
      return setAt({ parent: place.parent, key: pick(oddKeys, random) }, valueAt(place));
    case 3: {
      const borrowed = placesOf(other);
      const from = borrowed[below(borrowed.length, random)];
      return setAt(place, from === undefined ? null : structuredClone(valueAt(from)));
    }
    case 4: {
      const copies = Array.from({ length: 1 + below(12, random) }, () => structuredClone(valueAt(place)));
      return setAt(place, copies);
    }
    case 5:
      return setAt(place, JSON.stringify(valueAt(place)));
    default:
      return setAt(place, pick(oddValues, random)());
  }
}

/** One change to the bytes: bits, gaps, repetitions, cuts, and bytes that are not UTF-8. */
function changeBytes(bytes: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random);
  const length = 1 + below(16, random);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (below(6, random)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << below(8, random));
      return flipped;
    }
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 3:
      return Buffer.from(before);
    case 4:
      return Buffer.concat([before, Buffer.from(Array.from({ length }, () => below(256, random))), after]);
    default:
      return Buffer.concat([
        before,
        Buffer.from(pick(['{', ']', '"', '\\u', ',', ':', '\ufeff', '1e999'], random)),
        after,
      ]);
  }
}

/** A real body with up to three changes of one kind; about one in ten is left unchanged. */
export function mutate(base: CorpusEntry, other: CorpusEntry, random: Random): Buffer {
  if (random() < 0.1) return base.wire;
  const changes = 1 + below(3, random);
  if (random() < 0.3) return changeBytesOften(base.wire, changes, random);
  const copy = JSON.parse(base.wire.toString('latin1')) as unknown;
  for (let done = 0; done < changes; done += 1) changeStructure(copy, other.json, random);
  const bytes = toWire(copy);
  return random() < 0.1 ? changeBytesOften(bytes, 1, random) : bytes;
}

function changeBytesOften(bytes: Buffer, changes: number, random: Random): Buffer {
  let changed = bytes;
  for (let done = 0; done < changes; done += 1) changed = changeBytes(changed, random);
  return changed;
}
