import { foldText, type FoldedText } from './folding.ts';

/** A part of a text by which it is found, and its place in the original, in UTF-16 code units. */
export interface Token {
  readonly text: string;
  /** `pair`: two neighbouring characters of a script without spaces, or its last one; `number`: the digits of a number. */
  readonly kind: 'word' | 'number' | 'pair';
  readonly start: number;
  readonly end: number;
}

/** Longer texts are searched by their beginning. */
export const maxSearchedLength = 10_000;
/** Different words and numbers of a text that are kept; each is an entry of an index. */
export const maxWords = 64;
/** Two pairs say about as much as a word. */
export const maxPairs = 128;
/** Longer words are compared by their beginning. */
const maxTokenLength = 32;

/** A phone or order number, by its digits. */
const minNumberDigits = 7;
const maxNumberDigits = 20;
const maxGroups = 8;

/** Scripts that put no spaces between words; Korean joins particles to them. */
const unspaced =
  /[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Bopo}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]+/gu;
const wordPattern = /[\p{L}\p{N}\p{M}]+(?:'[\p{L}\p{N}\p{M}]+)*/gu;

/** A word of the folded text, without apostrophes; places in the folded text. */
interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** `l'avion` is also found as `avion`. */
  readonly parts: readonly string[];
}

/** A run of characters without spaces. */
interface Run {
  readonly run: string;
  readonly from: number;
}

/** The different tokens of a text, in order; what is beyond the limits is not found. Pure. */
export function searchTokens(text: string): string[] {
  const words = new Set<string>();
  const pairs = new Set<string>();
  for (const token of tokensOf(text)) {
    if (token.kind === 'pair') {
      if (pairs.size < maxPairs) pairs.add(token.text);
    } else if (words.size < maxWords) words.add(token.text);
    if (words.size === maxWords && pairs.size === maxPairs) break;
  }
  return [...new Set([...words, ...pairs])];
}

/** Every token of a text with its place. */
export function* tokensOf(original: string): Generator<Token> {
  const folded = foldText(original.slice(0, maxSearchedLength));
  const pieces = [...piecesOf(folded.text)];
  for (const [index, piece] of pieces.entries()) {
    if ('run' in piece) {
      yield* pairsOf(folded, piece);
      continue;
    }
    const place = folded.placeOf(piece.from, piece.to);
    for (const text of [piece.text, ...piece.parts]) yield { text: cut(text), kind: 'word', ...place };
    yield* numbersAt(folded, pieces, index);
  }
}

/** Words and runs in order. */
export function* piecesOf(folded: string): Generator<Word | Run> {
  for (const { 0: found, index: from } of folded.matchAll(wordPattern)) {
    let done = 0;
    for (const { 0: run, index } of found.matchAll(unspaced)) {
      yield* wordIn(found.slice(done, index), from + done);
      yield { run, from: from + index };
      done = index + run.length;
    }
    yield* wordIn(found.slice(done), from + done);
  }
}

function* wordIn(found: string, from: number): Generator<Word> {
  const parts = found.split("'").filter((part) => part !== '');
  if (parts.length === 0) return;
  yield { text: parts.join(''), from, to: from + found.length, parts: parts.length === 1 ? [] : parts };
}

export const isDigits = (text: string): boolean => /^\d+$/.test(text);

/** Zeros before a number depend on from where it is called. */
export const withoutZeros = (digits: string): string =>
  digits.length < minNumberDigits ? digits : digits.replace(/^0+(?=\d)/, '');

export interface JoinedNumber {
  readonly text: string;
  readonly kind: 'word' | 'number';
  /** The index of its last piece. */
  readonly last: number;
}

/** The numbers that begin with the piece at `index`, without what separates their groups: a phone number, a code. */
export function joinedAt(folded: string, pieces: readonly (Word | Run)[], index: number): JoinedNumber[] {
  return [phoneAt(folded, pieces, index), codeAt(folded, pieces, index)].filter((found) => found !== null);
}

/** Groups of digits: `0171 234-5678`, `+49 (0)171/2345678`. */
function phoneAt(folded: string, pieces: readonly (Word | Run)[], index: number): JoinedNumber | null {
  let digits = '';
  let last = index;
  let to: number | undefined;
  for (const [offset, piece] of pieces.slice(index, index + maxGroups).entries()) {
    if ('run' in piece || !isDigits(piece.text)) break;
    if (to !== undefined && !/^[-./() ]{1,3}$/.test(folded.slice(to, piece.from))) break;
    if (digits.length + piece.text.length > maxNumberDigits) break;
    to = piece.to;
    last = index + offset;
    // The zero in `+49 (0)171` is dialled only within the country.
    const isAside =
      offset > 0 && piece.text === '0' && folded[piece.from - 1] === '(' && folded[piece.to] === ')';
    digits += isAside ? '' : piece.text;
  }
  return digits.length < minNumberDigits ? null : { text: digits, kind: 'number', last };
}

/** Words with a digit among them, with nothing but one sign between two: `INV-2024/0001`. */
function codeAt(folded: string, pieces: readonly (Word | Run)[], index: number): JoinedNumber | null {
  let code = '';
  let last = index;
  let to: number | undefined;
  for (const [offset, piece] of pieces.slice(index, index + maxGroups).entries()) {
    if ('run' in piece) break;
    if (to !== undefined && !/^[-./_#+]$/.test(folded.slice(to, piece.from))) break;
    if (code.length + piece.text.length > maxTokenLength) break;
    to = piece.to;
    last = index + offset;
    code += piece.text;
  }
  return last > index && /\d/.test(code) ? { text: code, kind: 'word', last } : null;
}

function* numbersAt(folded: FoldedText, pieces: readonly (Word | Run)[], index: number): Generator<Token> {
  const first = pieces[index];
  if (first === undefined) return;
  for (const { text, kind, last } of joinedAt(folded.text, pieces, index)) {
    const end = pieces[last];
    if (end === undefined || 'run' in end) continue;
    const place = folded.placeOf(first.from, end.to);
    yield { text, kind, ...place };
    if (kind === 'number' && text.startsWith('0')) yield { text: withoutZeros(text), kind, ...place };
  }
}

function* pairsOf(folded: FoldedText, { run, from }: Run): Generator<Token> {
  let at = from;
  let before: { readonly sign: string; readonly at: number } | null = null;
  for (const sign of run) {
    if (before !== null)
      yield {
        text: before.sign + sign,
        kind: 'pair',
        ...folded.placeOf(before.at, at + sign.length),
      };
    before = { sign, at };
    at += sign.length;
  }
  if (before !== null) yield { text: before.sign, kind: 'pair', ...folded.placeOf(before.at, at) };
}

/** The beginning of a long word, without half a character at its end. */
export const cut = (word: string): string =>
  word.length <= maxTokenLength ? word : word.slice(0, maxTokenLength).replace(/[\uD800-\uDBFF]$/, '');
