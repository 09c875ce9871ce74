import { decodeText } from './decode.ts';
import type { EncodingName } from './names.ts';

/**
 * Guesses among the encodings of one byte for each character. Nothing in such a file says which one it has; a general
 * detector took ISO-8859-1 for ISO-8859-2 and turned ä into ŕ. So every reading is scored by what is odd in it, the
 * result is a proposal, and users see the words in question in each of the encodings.
 */
interface Candidate {
  readonly encoding: EncodingName;
  /** The letters beyond ASCII that its languages use. */
  readonly expected: RegExp;
}

/** In this order: the first of equals is proposed. */
const candidates: readonly Candidate[] = [
  { encoding: 'windows-1252', expected: /[àáâãäåæçèéêëìíîïñòóôõöøœùúûüß]/iu },
  { encoding: 'windows-1254', expected: /[çğıöşüâîûİ]/iu },
  { encoding: 'windows-1250', expected: /[ąćęłńóśźżáčďéěíňřšťúůýžäöüßőűăâîşţđô]/iu },
  { encoding: 'macintosh', expected: /[àáâãäåæçèéêëìíîïñòóôõöøœùúûüß]/iu },
  { encoding: 'windows-1251', expected: /[а-яёіїєґ]/iu },
  { encoding: 'windows-1256', expected: /[\u0621-\u063A\u0641-\u0652]/u },
];

const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Arabic}/u] as const;
const scriptOf = (character: string): number => scripts.findIndex((script) => script.test(character));

/** Signs that stand beside words, or inside them, in ordinary text. */
const usualSigns = /[’‘“”„«»–—…·°€£©®™´¡¿§№،؛؟]/u;

function oddnessOf(word: string, { expected }: Candidate): number {
  const characters = Array.from(word);
  const letters = characters.filter((character) => /\p{L}/u.test(character));
  const isMixed = new Set(letters.map(scriptOf)).size > 1;
  // No language of Latin letters has three of the others in a row.
  const hasRun = /(?:(?!\p{ASCII})\p{Script=Latin}){3}/u.test(word);
  const odd = characters.map((character, place) => {
    if (character <= '\u007F') return 0;
    if (/[\uFFFD\p{Cc}\p{Co}\p{Cn}]/u.test(character)) return 3;
    if (!/[\p{L}\p{M}]/u.test(character)) {
      const isInside = place > 0 && place < characters.length - 1;
      return usualSigns.test(character) && (!isInside || character === '’') ? 0 : 1.5;
    }
    const isTorn = /\p{Lu}/u.test(character) && /\p{Ll}/u.test(characters[place - 1] ?? '');
    return (expected.test(character) ? 0 : 1) + (isTorn ? 1 : 0);
  });
  return odd.reduce((sum, each) => sum + each, 0) + (isMixed ? 2 : 0) + (hasRun ? 2 : 0);
}

/** The words with a character beyond ASCII. */
const wordsOf = (text: string): string[] =>
  text.split(/[\s,;|"'()/<>=@_.:!?0-9+-]+/u).filter((word) => /\P{ASCII}/u.test(word));

/** Chinese in GB 2312: pairs of bytes, most of them in its first level, with second bytes over the whole range. */
function isLikelyChinese(evidence: Uint8Array): boolean {
  let pairs = 0;
  let common = 0;
  let low = 0;
  let single = 0;
  for (let place = 0; place < evidence.length; place += 1) {
    const first = evidence[place] ?? 0;
    const second = evidence[place + 1] ?? 0;
    if (first < 0x80) continue;
    if (first < 0x81 || first === 0xff || second < 0xa1 || second === 0xff) {
      single += 1;
      continue;
    }
    pairs += 1;
    if (first >= 0xb0 && first <= 0xd7) common += 1;
    if (second < 0xc0) low += 1;
    place += 1;
  }
  return pairs >= 2 && single * 10 <= pairs && common >= pairs * 0.6 && low >= pairs * 0.08;
}

export interface LegacyGuess {
  readonly encoding: EncodingName;
  /** The other readings, the least odd first. */
  readonly others: readonly EncodingName[];
  /** Whether the script alone tells the encoding; otherwise several readings look alike. */
  readonly isLikely: boolean;
}

/** The encoding whose reading of the bytes is the least odd. `evidence` holds the words with bytes beyond ASCII. */
export function guessLegacyEncoding(evidence: Uint8Array): LegacyGuess {
  const scored = candidates
    .map((candidate) => {
      const words = wordsOf(decodeText(evidence, candidate.encoding));
      const oddness = words.reduce((sum, word) => sum + oddnessOf(word, candidate), 0);
      return { encoding: candidate.encoding, oddness };
    })
    .toSorted((a, b) => a.oddness - b.oddness);
  const ranked = scored.map(({ encoding }) => encoding);
  const [best = 'windows-1252', ...others] = ranked;
  if (isLikelyChinese(evidence)) return { encoding: 'gb18030', others: ranked, isLikely: true };
  const hasOwnScript = best === 'windows-1251' || best === 'windows-1256';
  return { encoding: best, others, isLikely: hasOwnScript };
}
