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
const minOwnWordLength = 3;
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
  if (new Set(characters).size < minDistinctCharacters || isSequence(characters))
    return `The password repeats a few characters or counts them up. ${advice}`;
  if (common.has(text) || common.has(text.trim()) || common.has(characters.join('')))
    return `The password is one of those that most people use and attackers try first. ${advice}`;
  const own = new Set([email, ...email.split('@'), ...names, ...productNames].flatMap(spellingsOf));
  return own.has(coreOf(text))
    ? `The password is your e-mail address, your name or your company, which others know. ${advice}`
    : undefined;
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

/** "abcdefgh", "87654321": each character follows the one before it. */
function isSequence(characters: readonly string[]): boolean {
  const codes = characters.map((character) => Number(character.codePointAt(0)));
  const steps = new Set(codes.slice(1).map((code, index) => code - Number(codes[index])));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}
