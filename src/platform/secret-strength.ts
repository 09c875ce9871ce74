/** A shorter secret, or one with fewer distinct symbols, can be guessed. */
const minBytes = 32;
const minDistinctSymbols = 8;
/** The share of symbols that repeat the one a period before, from which a value counts as a repetition. */
const maxRepeatedShare = 0.75;

/** Words of placeholders and made-up values. Random values practically never contain them. */
const giveaways = /change[-_ ]?me|example|placeholder|openssl|password|passwort|secret|qwerty|asdfgh/i;
/** Frequent words of made-up secrets. A random value may contain one of them by chance, but practically never two. */
const words =
  /access|admin|auth|backend|battery|block|cipher|client|company|correct|crypt|demo|dummy|fallback|for|horse|hello|jump|key|lazy|local|lorem|ipsum|master|over|private|prod|project|random|refresh|replace|sample|secure|server|service|session|sign|staple|strong|super|test|this|token|welcome|whatsapp|with|your/g;
const minWordLetters = 8;
/** Letters of one case with separators: a phrase. Random values of this length have digits or both cases. */
const phrase = /^(?:[a-z]+|[A-Z]+)(?:[-_.]+(?:[a-z]+|[A-Z]+))*$/;

const minParts = 3;
const minMeanWordLength = 3;

/**
 * Whether separators part it into words, in any case, and numbers: a name, an address or a sentence. Random values with so
 * many separators have letters and digits side by side, and their letters change case all the time.
 */
function isOfNames(text: string): boolean {
  const parts = text.split(/[-_.,!?#]+/).filter((part) => part !== '');
  if (parts.length < minParts || !parts.every((part) => /^(?:[A-Za-z]+|\d+)$/.test(part))) return false;
  const letters = parts.filter((part) => !/^\d/.test(part)).join('-');
  const found = letters.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? [];
  return found.length === 0 || found.join('').length / found.length >= minMeanWordLength;
}

/** No encoding of random bytes has these; `<your secret>` and sentences do, in any alphabet. */
const notEncoded = /[^\x21-\x7e]|[<>{}]/;

/**
 * Whether a secret text is too short, a placeholder, or made by hand: one symbol, a short unit that repeats, or a
 * sequence, as text or as the bytes that it encodes. It finds carelessness, not every bad source of randomness.
 */
export const isWeakSecret = (text: string): boolean =>
  Buffer.byteLength(text) < minBytes ||
  isWritten(text) ||
  decodedOf(text).some(isWrittenText) ||
  notEncoded.test(text) ||
  [Buffer.from(text), ...decodedOf(text)].some(hasPattern);

const isWritten = (text: string): boolean =>
  giveaways.test(text) || giveaways.test(withoutLeet(text)) || isWorded(text);

/** Random bytes are never all printable, unless they are encoded once more: then they have no other signs than these. */
function isWrittenText(bytes: Uint8Array): boolean {
  if (!bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return false;
  const text = Buffer.from(bytes).toString();
  return isWritten(text) || !/^[\w+/=-]*$/.test(text);
}

/** The same for the bytes of a key. */
export const isWeakKey = (key: Uint8Array): boolean =>
  key.byteLength < minBytes ||
  giveaways.test(Buffer.from(key).toString('latin1')) ||
  isWrittenText(key) ||
  hasPattern(key);

const leet: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' };
const withoutLeet = (text: string): string => text.replaceAll(/[013457]/g, (digit) => leet[digit] ?? digit);

/** Whether a text was written by a person: a phrase, or several words in it, also with digits for letters. */
const isWorded = (text: string): boolean =>
  phrase.test(text) ||
  isOfNames(text) ||
  [text, withoutLeet(text)].some((reading) => {
    const found = new Set(reading.toLowerCase().match(words));
    return found.size > 1 && [...found].join('').length >= minWordLetters;
  });

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
