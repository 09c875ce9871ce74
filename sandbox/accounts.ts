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
    ['status', 'ACTIVE'],
    ['country', 'US'],
    ['currency', 'USD'],
    ['timezone_id', '1'],
    [
      'health_status',
      {
        can_send_message: 'AVAILABLE',
        entities: [{ entity_type: 'WABA', id: wabaId, can_send_message: 'AVAILABLE' }],
      },
    ],
    ['subscribed_apps', { data: [] }],
    ['on_behalf_of_business_info', undefined],
    ['disable_marketing_messages_on_cloud_api', false],
    ['auth_international_rate_eligibility', undefined],
    ['primary_business_location', undefined],
    ['ownership_type', 'CLIENT_OWNED'],
    ['account_review_status', 'APPROVED'],
    ['business_verification_status', 'verified'],
    ['message_template_namespace', 'sandbox_namespace'],
    ['is_enabled_for_insights', true],
    ['marketing_messages_lite_api_status', 'ONBOARDED'],
    ['marketing_messages_onboarding_status', 'ELIGIBLE'],

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
