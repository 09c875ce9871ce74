/** Which characters a text for people may hold. Pure. */

/** Names of the characters that people paste without seeing them. */
const names: ReadonlyMap<number, string> = new Map([
  [0x00, 'NUL'],
  [0x0b, 'vertical tab'],
  [0x0c, 'form feed'],
  [0x7f, 'delete'],
  [0x85, 'next line'],
]);

const unpairedSurrogate = /\p{Surrogate}/u;
/** All but tab and line breaks. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const control = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F]/;

/** Blank in every font: white space, format characters, fillers, and the empty Braille pattern. */
const visible = /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a person sees anything of the text. */
export const isVisible = (text: string): boolean => visible.test(text);

/** Whether the text has more than one line, or a tab. */
export const hasBreaks = (text: string): boolean => /[\t\n\r\u2028\u2029]/.test(text);

/** The first character that no text may hold, as a sentence; undefined if there is none. */
export function faultOf(text: string): string | undefined {
  if (unpairedSurrogate.test(text)) return 'Must not contain unpaired surrogates.';
  const refused = control.exec(text)?.[0];
  return refused === undefined ? undefined : `Must not contain the control character ${nameOf(refused)}.`;
}

function nameOf(character: string): string {
  const code = character.charCodeAt(0);
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const name = names.get(code);
  return name === undefined ? point : `${point} (${name})`;
}

/** Emoji of every kind, without ©, ® and ™, which are ordinary signs in brand names. */
const emoji = /(?![©®™])\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u;

export const hasEmoji = (text: string): boolean => emoji.test(text);

/** WhatsApp's marks: *bold*, _italic_, ~struck~ and `code`. An underscore counts only where it would format a word. */
const formatting = /[*~`]|(?<![\p{L}\p{N}])_[^_\s](?:[^_]*[^_\s])?_(?![\p{L}\p{N}])/u;

export const hasFormatting = (text: string): boolean => formatting.test(text);
