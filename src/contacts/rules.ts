import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/**
 * A phone number as E.164 with `+`, or null when it cannot be one. Separators that people type are dropped. The
 * length is checked against the country's plan; whether the number exists, only WhatsApp knows.
 */
export function normalisePhone(input: string): string | null {
  const compact = input.replace(/[\s().-]/g, '');
  if (!/^\+[1-9]\d{6,14}$/.test(compact)) return null;
  const parsed = parsePhoneNumberFromString(compact);
  if (parsed?.isPossible() !== true) return null;
  // What was dropped (a zero after the country code) may hide another one: the result must stay as it is.
  return parsed.number.length < compact.length ? normalisePhone(parsed.number) : parsed.number;
}

/** The provider's `wa_id` and `from` are digits without `+`. */
export const phoneOfWhatsappId = (whatsappId: string): string | null => normalisePhone(`+${whatsappId}`);
