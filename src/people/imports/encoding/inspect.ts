import { importBounds } from '../bounds.ts';
import { decodeHead, decodeText, piecesOf } from './decode.ts';
import { guessLegacyEncoding } from './legacy.ts';
import { byteOrderMarkOf, fileKindOf, type EncodingName, type FileKind } from './names.ts';

/** How the encoding was found. Only the first three are proofs. */
export type EncodingReason =
  | 'byte-order-mark'
  | 'only-ascii'
  | 'valid-utf-8'
  /** A few bytes are damaged, or the file ends inside a character. */
  | 'nearly-valid-utf-8'
  /** Every second byte of ordinary text is zero. */
  | 'zero-bytes'
  | 'script'
  | 'guess';

export interface EncodingChoice {
  readonly encoding: EncodingName;
  readonly certainty: 'certain' | 'likely' | 'guess';
  readonly reason: EncodingReason;
  /** What else it may be, and the same words in each reading; the chosen one is the first. Empty if it is certain. */
  readonly readings: readonly { readonly encoding: EncodingName; readonly words: readonly string[] }[];
}

export interface Inspection {
  readonly kind: FileKind;
  readonly byteCount: number;
  readonly isTooLarge: boolean;
  /** The first bytes, for the dialect. */
  readonly head: Uint8Array;
  /** Only for text. */
  readonly encoding?: EncodingChoice;
}

const maxHeadBytes = 64 * 1024;
const maxEvidenceBytes = 16 * 1024;
const contextBytes = 24;
const maxWords = 8;
/** One character of UTF-8 has at most these bytes. */
const maxCutBytes = 4;

/** What one pass over the bytes counts. */
class ByteCounts {
  byteCount = 0;
  highCount = 0;
  controlCount = 0;
  readonly zeros = [0, 0];
  readonly #head = Buffer.alloc(maxHeadBytes);
  readonly #evidence = Buffer.alloc(maxEvidenceBytes);
  #evidenceLength = 0;
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  damagedCount = 0;
  /** Whether the file ends inside a character of UTF-8. */
  isCut = false;

  get head(): Uint8Array {
    return this.#head.subarray(0, this.byteCount);
  }

  get evidence(): Uint8Array {
    return this.#evidence.subarray(0, this.#evidenceLength);
  }

  add(piece: Uint8Array): void {
    if (this.byteCount < maxHeadBytes)
      this.#head.set(piece.subarray(0, maxHeadBytes - this.byteCount), this.byteCount);
    let copiedTo = 0;
    for (let place = 0; place < piece.length; place += 1) {
      const byte = piece[place] ?? 0;
      if (byte >= 0x80) {
        this.highCount += 1;
        if (place >= copiedTo)
          copiedTo = this.#keepAround(piece, Math.max(copiedTo, place - contextBytes), place);
      } else if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) {
        this.controlCount += 1;
        const parity = (this.byteCount + place) % 2;
        if (byte === 0) this.zeros[parity] = (this.zeros[parity] ?? 0) + 1;
      }
    }
    this.byteCount += piece.length;
    this.#countDamage(this.#utf8.decode(piece, { stream: true }));
  }

  end(): void {
    this.isCut = this.#utf8.decode() !== '';
  }

  /** Keeps the words around a byte beyond ASCII, apart from those before. Returns where the copy ends. */
  #keepAround(piece: Uint8Array, from: number, place: number): number {
    const to = Math.min(piece.length, place + contextBytes);
    const copied = piece.subarray(from, to);
    if (this.#evidenceLength + copied.length + 1 <= maxEvidenceBytes) {
      this.#evidence.set(copied, this.#evidenceLength);
      this.#evidenceLength += copied.length;
      // A copy that begins where the last one ended goes on with it.
      if (to < piece.length && (piece[to] ?? 0) < 0x80) this.#evidence[this.#evidenceLength++] = 0x20;
    }
    return to;
  }

  #countDamage(text: string): void {
    for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1))
      this.damagedCount += 1;
  }
}

function choiceOf(
  counts: ByteCounts,
  encoding: EncodingName,
  certainty: EncodingChoice['certainty'],
  reason: EncodingReason,
): EncodingChoice {
  return {
    encoding,
    certainty,
    reason,
    readings: certainty === 'certain' ? [] : readingsOf(counts, encoding, []),
  };
}

function readingsOf(counts: ByteCounts, best: EncodingName, others: readonly EncodingName[]) {
  return [best, ...others].map((encoding) => ({ encoding, words: wordsIn(counts, encoding) }));
}

function wordsIn(counts: ByteCounts, encoding: EncodingName): string[] {
  const text = encoding.startsWith('utf-')
    ? decodeHead(counts.head, encoding)
    : decodeText(counts.evidence, encoding);
  const words = text.split(/[\s,;|"]+/u).filter((word) => /\P{ASCII}/u.test(word));
  return [...new Set(words)].slice(0, maxWords).map((word) => word.slice(0, 2 * contextBytes));
}

/** Text in UTF-16 has its zeros on one side; a file that is no text has them on both. */
function zeroSideOf({ zeros: [even = 0, odd = 0], byteCount }: ByteCounts): EncodingName | undefined {
  const isMany = (count: number) => count >= 2 && count * 20 >= byteCount;
  if (isMany(odd) && even * 20 <= odd) return 'utf-16le';
  return isMany(even) && odd * 20 <= even ? 'utf-16be' : undefined;
}

function judge(counts: ByteCounts): EncodingChoice | undefined {
  const mark = byteOrderMarkOf(counts.head);
  if (mark !== undefined) return choiceOf(counts, mark.encoding, 'certain', 'byte-order-mark');
  const side = zeroSideOf(counts);
  if (side !== undefined) return choiceOf(counts, side, 'likely', 'zero-bytes');
  if (counts.controlCount * 10 > counts.byteCount) return undefined;
  if (counts.highCount === 0) return choiceOf(counts, 'utf-8', 'certain', 'only-ascii');
  if (counts.damagedCount === 0 && !counts.isCut) return choiceOf(counts, 'utf-8', 'certain', 'valid-utf-8');
  const guess = guessLegacyEncoding(counts.evidence);
  // Each character of a valid sequence has two bytes or more; other encodings hardly ever have such sequences.
  if (counts.damagedCount * 10 <= counts.highCount && counts.highCount > maxCutBytes)
    return {
      ...choiceOf(counts, 'utf-8', 'likely', 'nearly-valid-utf-8'),
      readings: readingsOf(counts, 'utf-8', [guess.encoding]),
    };
  return {
    encoding: guess.encoding,
    certainty: guess.isLikely ? 'likely' : 'guess',
    reason: guess.isLikely ? 'script' : 'guess',
    readings: readingsOf(counts, guess.encoding, guess.others),
  };
}

/** Reads a file once and says what it is. Memory does not grow with the file; reading stops beyond its greatest size. */
export async function inspectFile(
  source: AsyncIterable<Uint8Array>,
  { maxFileBytes }: { readonly maxFileBytes: number } = importBounds,
): Promise<Inspection> {
  const counts = new ByteCounts();
  for await (const chunk of source) {
    for (const piece of piecesOf(chunk)) counts.add(piece);
    if (counts.byteCount > maxFileBytes) break;
  }
  counts.end();
  const { byteCount, head } = counts;
  const found = { byteCount, head, isTooLarge: byteCount > maxFileBytes };
  const kind = fileKindOf(head);
  if (kind !== 'text') return { ...found, kind };
  const encoding = judge(counts);
  return encoding === undefined ? { ...found, kind: 'other' } : { ...found, kind, encoding };
}
