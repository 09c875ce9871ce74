/** What a cell says before it is read as a phone number: its signs, without meaning yet. Pure. */

/** Digits of every script as 0–9, and full-width signs as the usual ones. */
export const plainDigits = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\p{Nd}/gu, (digit) => (digit <= '9' ? digit : String(valueOfDigit(digit))))
    .replace(/[\p{Cf}\u00A0]/gu, (mark) => (mark === '\u00A0' ? ' ' : ''));

/** The digits of a script are ten code points in a row, and each script begins at a multiple that its zero shows. */
function valueOfDigit(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}

/** People keep a number as text by these in a spreadsheet: `="0171…"`, `'0171…` and `=+49171…`. */
export function withoutTextGuard(text: string): string {
  const formula = /^="(?<text>[^"]*)"$/.exec(text);
  return formula?.groups?.['text'] ?? text.replace(/^(?:'|=(?=\+?[\d\s]+$))/, '');
}

const linkTo = /^(?:tel:|whatsapp:|(?:https?:\/\/)?(?:api\.whatsapp\.com\/send\/?\?phone=|wa\.me\/))/i;

/** The number of a link. WhatsApp's links hold the country code without `+`. */
export function withoutLink(text: string): string {
  const link = linkTo.exec(text)?.[0];
  if (link === undefined) return text;
  const rest = text.slice(link.length);
  return /^(?:tel|whatsapp):/i.test(link) || rest.startsWith('+') ? rest : `+${rest}`;
}

/** Whether a cell may be a phone number, for the header and for proposals of a mapping. */
export function isPhoneLike(cell: string): boolean {
  const text = withoutLink(withoutTextGuard(plainDigits(cell).trim()));
  const isDate = /^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$/.test(text);
  return !isDate && /^\+?[\d\s()./-]+$/.test(text) && text.replace(/\D/g, '').length >= 7;
}
