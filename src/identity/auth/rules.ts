const minPasswordBytes = 8;
/** bcrypt silently ignores all bytes after these. */
const maxPasswordBytes = 72;

/** Why a new password is refused; undefined if it is accepted. */
export function passwordProblem(password: string): string | undefined {
  const bytes = Buffer.byteLength(password);
  if (bytes < minPasswordBytes) return `The password must have at least ${minPasswordBytes} bytes.`;
  if (bytes > maxPasswordBytes) return `The password must have at most ${maxPasswordBytes} bytes.`;
  if (password.includes('\0')) return 'The password must not contain a NUL character.';
  return undefined;
}

/** Whose password it is. */
export interface PasswordOwner {
  readonly email: string;
  /** The names of the person and of the company. */
  readonly names: readonly string[];
}

const minDistinctCharacters = 4;
const minSequenceLength = 5;
const minOwnWordLength = 3;
/** A shorter name is part of too many other words. */
const minContainedNameLength = 4;
/** What is left of a password without the names in it. */
const minRestLength = 8;
const minCommonWordLength = 3;
const productNames = ['WhatsApp', 'WhatsApp CRM'];
const advice = 'Choose a longer one, for example several words that have nothing to do with each other.';

/** Why a new password is too easy to guess; undefined if it is not. */
export function weaknessOf(
  password: string,
  { email, names }: PasswordOwner,
  common: ReadonlySet<string>,
): string | undefined {
  const text = password.normalize('NFKC').toLowerCase();
  const characters = Array.from(text.replaceAll(/\s/gu, ''));
  if (
    new Set(characters).size < minDistinctCharacters ||
    isCountedUp(text, characters) ||
    isRepeated(characters)
  )
    return `The password repeats a few characters or counts them up. ${advice}`;
  if (common.has(text) || common.has(text.trim()) || common.has(characters.join('')))
    return `The password is one of those that most people use and attackers try first. ${advice}`;
  const own = new Set([email, ...email.split('@'), ...names, ...productNames].flatMap(spellingsOf));
  if (own.has(coreOf(text)))
    return `The password is your e-mail address, your name or your company, which others know. ${advice}`;
  if (isCommonWord(text, common))
    return `The password is a common word with digits or signs, which attackers try first. ${advice}`;
  return isMostlyNames(text, own, common)
    ? `The password has little beside your e-mail address, your name, your company or WhatsApp. ${advice}`
    : undefined;
}

/** What people write for letters; `1` stands for two of them. */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '8': 'b', '9': 'g' },
  ...{ '@': 'a', $: 's', '!': 'i', '+': 't', '€': 'e' },
};

const decode = (text: string, one: string): string =>
  Array.from(text, (character) => (character === '1' ? one : (lookAlikes[character] ?? character))).join('');

/** The text as it stands, and as the words that its digits and signs may stand for. */
const readingsOf = (text: string): readonly string[] => [text, decode(text, 'i'), decode(text, 'l')];

const lettersOf = (text: string): string => text.normalize('NFKD').replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Without the digits and signs at the end, at the beginning, or both. */
const shortenedOf = (text: string): readonly string[] => {
  const start = text.replace(/^[^\p{L}]+/u, '');
  return [text, start, text.replace(/[^\p{L}]+$/u, ''), start.replace(/[^\p{L}]+$/u, '')];
};

/** "Summer2026!", "P@ssw0rd#1", "pass-word": one word of the list, dressed up. A phrase of several words is none. */
function isCommonWord(text: string, common: ReadonlySet<string>): boolean {
  return shortenedOf(text)
    .flatMap(readingsOf)
    .flatMap((reading) => [reading, lettersOf(reading)])
    .map((word) => /^(.+?)\1+$/u.exec(word)?.[1] ?? word)
    .some((word) => word.length >= minCommonWordLength && common.has(word));
}

/** Whether the password has a name in it, and nothing beside it that would be a password of its own. */
function isMostlyNames(text: string, own: ReadonlySet<string>, common: ReadonlySet<string>): boolean {
  const long = [...own].filter((name) => name.length >= minContainedNameLength);
  const longestFirst = long.toSorted((a, b) => b.length - a.length);
  return readingsOf(text).some((reading) => {
    const whole = lettersOf(reading);
    const rest = longestFirst.reduce((left, name) => left.replaceAll(name, ' '), whole);
    const left = coreOf(rest);
    return rest !== whole && (left.length < minRestLength || isCommonWord(left, common));
  });
}

/** The letters of a text, with the digits between them: "Jane.Doe-2024!" becomes "janedoe". */
const coreOf = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .replaceAll(/^\p{N}+|\p{N}+$/gu, '');

/** A text, each of its words, and its words in the other order. */
function spellingsOf(text: string): string[] {
  const words = text.split(/[\s._@-]+/u);
  return [text, words.toReversed().join(''), ...words]
    .map(coreOf)
    .filter((word) => word.length >= minOwnWordLength);
}

/** "abcdabcd", "hello1hello1": a short unit, again and again. */
const isRepeated = (characters: readonly string[]): boolean => /^(.{1,8})\1+$/u.test(characters.join(''));

/** The whole, or five characters and more with digits or signs around: "abcdefgh1". */
const isCountedUp = (text: string, characters: readonly string[]): boolean =>
  isSequence(characters) ||
  shortenedOf(text)
    .map((part) => Array.from(part.replaceAll(/\s/gu, '')))
    .some((part) => part.length >= minSequenceLength && isSequence(part));

/** "abcdefgh", "87654321": each character follows the one before it. */
function isSequence(characters: readonly string[]): boolean {
  const codes = characters.map((character) => Number(character.codePointAt(0)));
  const steps = new Set(codes.slice(1).map((code, index) => code - Number(codes[index])));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}
