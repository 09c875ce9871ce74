/** What the Graph API tells about a business account: `GET /<version>/<account id>?fields=…`. */
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import type { Behaviour } from './settings.ts';

/** Asked of accounts only, so that it tells an account from a number: both are just ids. */
export const ACCOUNT_FIELD = 'owner_business_info';

/** Each account has a portfolio of its own, unless the settings put several into one. */
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
