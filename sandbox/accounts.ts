/** Business accounts in the Graph API: `GET /<version>/<account id>?fields=…`. */
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import type { Behaviour } from './settings.ts';

const OWNER_FIELD = 'owner_business_info';

/** Only accounts have these fields, so they distinguish their ids from those of numbers. */
const ACCOUNT_FIELDS = [
  OWNER_FIELD,
  'name',
  'currency',
  'timezone_id',
  'message_template_namespace',
  'account_review_status',
  'business_verification_status',
];
const DEFAULT_FIELDS = 'name,timezone_id,message_template_namespace';

/** Whether the request is about an account: one of the settings, or one that is asked as an account. */
export function isAccount(id: string, fields: string | null, behaviour: Behaviour): boolean {
  const { numbers, portfolios, accountTokens } = behaviour;
  return (
    fields?.split(',').some((field) => ACCOUNT_FIELDS.includes(field.trim())) === true ||
    Object.values(numbers).some(({ wabaId }) => wabaId === id) ||
    [portfolios, accountTokens].some((byId) => Object.hasOwn(byId, id))
  );
}

/** Each account has a portfolio of its own, unless the settings say otherwise. */
const portfolioOf = (wabaId: string, { portfolios }: Behaviour): string =>
  portfolios[wabaId] ?? `portfolio-${wabaId}`;

export function describeAccount(wabaId: string, fields: string | null, behaviour: Behaviour): HttpAnswer {
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
    [OWNER_FIELD, { id: portfolioOf(wabaId, behaviour), name: 'Sandbox Portfolio' }],
  ]);
  const wanted = (fields ?? DEFAULT_FIELDS).split(',').map((field) => field.trim());
  const unknown = wanted.find((field) => !known.has(field));
  if (unknown !== undefined) {
    return refuse(100, { details: `Tried accessing nonexisting field (${unknown}).` });
  }
  const shown = [...known].filter(([name]) => name === 'id' || wanted.includes(name));
  return { status: 200, body: Object.fromEntries(shown) };
}
