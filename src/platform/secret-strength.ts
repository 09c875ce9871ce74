/** A shorter secret, or one with fewer distinct symbols, can be guessed. */
const minBytes = 32;
const minDistinctSymbols = 8;
/** The share of symbols that repeat the one a period before, from which a value counts as a repetition. */
const maxRepeatedShare = 0.75;

/** Words of placeholders and made-up values. Random values practically never contain them. */
const giveaways = /change[-_ ]?me|example|placeholder|openssl|password|passwort|secret|qwerty|asdfgh/i;
/** No encoding of random bytes has these; `<your secret>` and sentences do. */
const notEncoded = /[\s<>{}]/;

/**
 * Whether a secret text is too short, a placeholder, or made by hand: one symbol, a short unit that repeats, or a
 * sequence, as text or as the bytes that it encodes. It finds carelessness, not every bad source of randomness.
 */
export const isWeakSecret = (text: string): boolean =>
  Buffer.byteLength(text) < minBytes ||
  giveaways.test(text) ||
  notEncoded.test(text) ||
  [Buffer.from(text), ...decodedOf(text)].some(hasPattern);

/** The same for the bytes of a key. */
export const isWeakKey = (key: Uint8Array): boolean =>
  key.byteLength < minBytes || giveaways.test(Buffer.from(key).toString('latin1')) || hasPattern(key);

/** The bytes that a text may stand for. */
function decodedOf(text: string): readonly Buffer[] {
  const hex = /^(?:[0-9a-f]{2})+$/i.test(text) ? [Buffer.from(text, 'hex')] : [];
  const base64 = /^[A-Za-z0-9+/_-]+=*$/.test(text) ? [Buffer.from(text, 'base64')] : [];
  return [...hex, ...base64];
}

function hasPattern(symbols: Uint8Array): boolean {
  if (new Set(symbols).size < minDistinctSymbols) return true;
  const steps = symbols.subarray(1).map((symbol, index) => symbol - (symbols[index] ?? 0));
  return new Set(steps).size < minDistinctSymbols || isRepetition(symbols);
}

function isRepetition(symbols: Uint8Array): boolean {
  for (let period = 1; period <= symbols.length / 2; period += 1) {
    const later = symbols.subarray(period);
    const repeated = later.reduce((count, symbol, index) => count + (symbol === symbols[index] ? 1 : 0), 0);
    if (repeated / later.length >= maxRepeatedShare) return true;
  }
  return false;
}
