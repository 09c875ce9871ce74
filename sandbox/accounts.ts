/** Business accounts in the Graph API: `GET /<version>/<account id>?fields=…`. */
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import type { Behaviour } from './settings.ts';

/** Only accounts have this field, so it distinguishes their ids from those of numbers. */
export const ACCOUNT_FIELD = 'owner_business_info';

/** Each account has a portfolio of its own, unless the settings say otherwise. */
const portfolioOf = (wabaId: string, { portfolios }: Behaviour): string =>
  portfolios[wabaId] ?? `portfolio-${wabaId}`;

export function describeAccount(wabaId: string, fields: string, behaviour: Behaviour): HttpAnswer {
  const known = new Map<string, unknown>([
    ['id', wabaId],
    ['name', 'Sandbox Account'],
    [ACCOUNT_FIELD, { id: portfolioOf(wabaId, behaviour), name: 'Sandbox Portfolio' }],
  ]);
  const wanted = fields.split(',').map((field) => field.trim());
  const unknown = wanted.find((field) => !known.has(field));
  if (unknown !== undefined) {
    return refuse(100, { details: `Tried accessing nonexisting field (${unknown}).` });
  }
  const shown = [...known].filter(([name]) => name === 'id' || wanted.includes(name));
  return { status: 200, body: Object.fromEntries(shown) };
}
