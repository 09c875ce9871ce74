/** Longer names are compared by their beginning. */
const maxKeyLength = 64;

/** The form of a name for search and sorting: without accents, in lower case, with single spaces. */
export function nameKeyOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/\s+/gu, ' ').trim().slice(0, maxKeyLength);
}
