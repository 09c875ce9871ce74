import { apostrophes, hyphens, plainLetters } from '../name-key.ts';

/** A text as it is compared: in lower case, without accents, with the letters, digits and signs of a plain keyboard. */
export interface FoldedText {
  readonly text: string;
  /** The place in the original of what became `text.slice(from, to)`, in UTF-16 code units. */
  placeOf(from: number, to: number): { readonly start: number; readonly end: number };
}

/** One character can stand for eighteen. */
const maxFoldedLength = 20_000;

/** A character with its marks and invisible signs, the parts of a Korean syllable, or a half-width kana and its mark. */
const clusters =
  /(?:[\u1100-\u115F\uA960-\uA97C][\u1160-\u11A7\uD7B0-\uD7C6]+[\u11A8-\u11FF\uD7CB-\uD7FB]*|[\s\S])[\p{M}\p{Cf}\uFF9E\uFF9F]*/gu;

/** A person writes a few marks on a letter; the normalisation of thousands would be slow. */
const maxClusterLength = 32;

/**
 * Accents and vowel points, also of Arabic and Hebrew; not the vowels of Thai and of Indian scripts, nor the voicing marks
 * of kana, which make other words.
 */
const accents =
  /(?![\u3099\u309A])(?=\p{M})[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]/gu;

/** Letters that are written in several ways, beside those of names: a final sigma, a stretched or a Persian letter. */
const sameLetters = new Map<string, string>([
  ...plainLetters,
  ...Object.entries({ ς: 'σ', ـ: '', ى: 'ي', ة: 'ه', ی: 'ي', ک: 'ك' }),
]);
const variants = new RegExp(`[${[...sameLetters.keys()].join('')}]`, 'gu');

/** The zeros of decimal digits that Unicode does not decompose. */
const zeros = [
  ...[0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6],
  ...[0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810],
];

const isWordlike = /^[\p{L}\p{N}\p{M}]/u;
/** Letters in circles and squares, of which people write whole words. */
const isStyledLetter = /^[\p{L}\p{N}]$/u;
const isPlain = /^[\u0000-\u007F]*$/u; // oxlint-disable-line no-control-regex -- all of ASCII

/** Folds a text, or the beginning of a very long one. Folding the result changes nothing. */
export function foldText(original: string): FoldedText {
  if (isPlain.test(original)) return foldPlain(original);
  let text = '';
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { 0: cluster, index } of original.matchAll(clusters)) {
    const piece = foldKnown(cluster);
    if (text.length + piece.length > maxFoldedLength) break;
    text += piece;
    for (let unit = 0; unit < piece.length; unit += 1) {
      starts.push(index);
      ends.push(index + cluster.length);
    }
  }
  return { text, placeOf: (from, to) => ({ start: starts[from] ?? 0, end: ends[to - 1] ?? 0 }) };
}

const foldPlain = (original: string): FoldedText => ({
  text: original.toLowerCase().replaceAll('`', "'").replaceAll('\t', ' ').slice(0, maxFoldedLength),
  placeOf: (start, end) => ({ start, end }),
});

/** A language has few characters, and each is folded in the same way. */
const known = new Map<string, string>();
const maxKnown = 5_000;

function foldKnown(cluster: string): string {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const folded = foldCluster(cluster);
  if (cluster.length <= 2 && known.size < maxKnown) known.set(cluster, folded);
  return folded;
}

function foldCluster(cluster: string): string {
  const [base = ''] = cluster;
  const mark = base.replace(apostrophes, "'").replace(hyphens, '-');
  if (mark !== base) return mark;
  if (isWordlike.test(base) || isStyledLetter.test(base.normalize('NFKC')))
    return foldLetters(cluster.slice(0, maxClusterLength));
  return foldSeparator(base);
}

function foldLetters(letters: string): string {
  const lower = letters.normalize('NFKD').toLowerCase().normalize('NFKD');
  const plain = lower
    .replace(apostrophes, "'")
    .replace(accents, '')
    .replace(/\p{Cf}/gu, '');
  const typed = plain.replace(variants, (letter) => sameLetters.get(letter) ?? letter);
  const counted = typed.replace(/\p{Nd}/gu, (digit) => plainDigit(digit));
  // A fraction and the names of God are several words.
  return counted.normalize('NFC').replace(/[^\p{L}\p{N}\p{M}']+/gu, ' ');
}

function plainDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  const zero = zeros.find((first) => code >= first && code < first + 10);
  return zero === undefined ? digit : String(code - zero);
}

/** What stands between words, as one character; nothing for signs without width. */
function foldSeparator(sign: string): string {
  if (/\p{Cf}/u.test(sign)) return '';
  if (/[\n\r\u2028\u2029]/.test(sign)) return '\n';
  const common = sign.normalize('NFKC');
  if (/\s/.test(common)) return ' ';
  return common.length === 1 ? common.replace(apostrophes, "'").replace(hyphens, '-') : ' ';
}
