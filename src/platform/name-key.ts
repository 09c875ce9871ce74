/** Longer names are compared by their beginning. */
const maxKeyLength = 64;

/** Letters that Unicode does not decompose, by what people without them on the keyboard type. */
export const plainLetters = Object.entries({
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th', ĳ: 'ij' },
  ...{ ø: 'o', ł: 'l', đ: 'd', ð: 'd', ħ: 'h', ŧ: 't', ŋ: 'n', ı: 'i', ĸ: 'k', ə: 'e' },
});
export const apostrophes = /[\u2018\u2019\u201B\u02BC\u02B9\u2032\u00B4\u0060\uFF07]/gu;
export const hyphens = /[\u2010-\u2015\u2212]/gu;

/**
 * The form of a name for search and sorting: in lower case, with single spaces, and with the letters, apostrophes and
 * hyphens of a plain keyboard.
 */
export function nameKeyOf(name: string): string {
  // Before the decomposition, because an acute accent that stands alone would become a space; after it, for the wide and
  // small forms.
  const decomposed = withPlainMarks(withPlainMarks(name).normalize('NFKD'));
  const plain = decomposed.replace(/\p{M}/gu, '').toLowerCase();
  const typed = plainLetters.reduce((text, [letter, plainly]) => text.replaceAll(letter, plainly), plain);
  return typed.replace(/\s+/gu, ' ').trim().slice(0, maxKeyLength).trimEnd();
}

const withPlainMarks = (text: string): string => text.replace(apostrophes, "'").replace(hyphens, '-');
