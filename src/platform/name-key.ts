/** Longer names are told apart by what comes first. */
const maxKeyLength = 64;

/** A name as it is searched and sorted: without accents, in lower case, with single spaces. */
export function nameKeyOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/\s+/gu, ' ').trim().slice(0, maxKeyLength);
}
