/** Text that strangers write: cut and cleaned without breaking a character. Pure. */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A longer cluster (a letter with hundreds of marks) is not a character that a person typed. */
const maxGrapheme = 64;

/**
 * The text, cut to at most `max` UTF-16 code units between two characters as people see them: neither an emoji of
 * several parts nor a letter and its accent is torn.
 */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const from = Math.max(0, max - maxGrapheme);
  const tail = wholeFrom(text, from);
  let end = tail;
  for (const { index, segment } of graphemes.segment(text.slice(tail, max + maxGrapheme))) {
    if (tail + index + segment.length > max) break;
    end = tail + index + segment.length;
  }
  return text.slice(0, end > tail ? end : wholeFrom(text, max));
}

/** The place, or the one before it if it lies inside a surrogate pair. */
function wholeFrom(text: string, place: number): number {
  const code = text.charCodeAt(place);
  return place > 0 && code >= 0xdc00 && code <= 0xdfff ? place - 1 : place;
}

/** Marks that show nothing and change how the text around them is shown: directions, byte order marks, fillers. */
const invisible =
  // oxlint-disable-next-line no-misleading-character-class, no-control-regex -- invisible characters are what it is about
  /[\p{Surrogate}\u00AD\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]/gu;

/** Joiners are part of emoji and of Persian and Indic names, so they stay inside a name. */
const joinersAtEnds = /^[\u200C\u200D\s]+|[\u200C\u200D\s]+$/gu;

/**
 * A name that a stranger chose, as one line that is safe to show: without control characters, marks of direction and
 * invisible characters, in single spaces, cut to `max` code units at a whole character. Undefined if nothing of it can
 * be seen.
 */
export function cleanName(name: string, max: number): string | undefined {
  const clean = cutText(name, max * 4)
    .replace(invisible, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(joinersAtEnds, '');
  const short = cutText(clean, max).trim();
  return /[^\p{M}\p{Cf}\s]/u.test(short) ? short : undefined;
}
