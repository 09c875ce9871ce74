/** What the Graph API tells about a phone number: `GET /<version>/<phone number id>?fields=…`. */
import type { BehaviourStore } from './behaviour-store.ts';
import { checkToken } from './decide.ts';
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { deriveDisplayNumber } from './identifiers.ts';

export interface NumberQuestion {
  readonly authorization: string;
  readonly phoneNumberId: string;
  readonly fields: string | null;
}

const DEFAULT_FIELDS = 'display_phone_number,verified_name,quality_rating';

/** `15551234567` as `+1 555-123-4567`, other numbers with a plus only. */
const format = (digits: string): string =>
  digits
    .replace(/\D/g, '')
    .replace(/^1(\d{3})(\d{3})(\d{4})$/, '1 $1-$2-$3')
    .replace(/^/, '+');

export function describeNumber(
  store: BehaviourStore,
  { authorization, phoneNumberId, fields }: NumberQuestion,
): HttpAnswer {
  const { expiredTokens, numbers } = store.current();
  const refusal = checkToken(authorization, expiredTokens);
  if (refusal !== null) return refusal;
  const displayNumber = numbers[phoneNumberId]?.displayPhoneNumber ?? deriveDisplayNumber(phoneNumberId);
  const known = new Map([
    ['id', phoneNumberId],
    ['display_phone_number', format(displayNumber)],
    ['verified_name', 'Sandbox Business'],
    ['quality_rating', 'GREEN'],
  ]);
  const wanted = (fields ?? DEFAULT_FIELDS).split(',').map((field) => field.trim());
  const unknown = wanted.find((field) => !known.has(field));
  if (unknown !== undefined) {
    return refuse(100, { details: `Tried accessing nonexisting field (${unknown}).` });
  }
  // As Meta does, the id always comes with them.
  const shown = [...known].filter(([name]) => name === 'id' || wanted.includes(name));
  return { status: 200, body: Object.fromEntries(shown) };
}
