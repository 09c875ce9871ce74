/** Phone numbers in the Graph API: `GET /<version>/<phone number id>?fields=…`. */
import type { BehaviourStore } from './behaviour-store.ts';
import { checkToken } from './decide.ts';
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { healthStatus } from './health.ts';
import { displayNumberOf } from './payloads.ts';
import type { Behaviour } from './settings.ts';

export interface NumberQuery {
  readonly authorization: string;
  readonly phoneNumberId: string;
  readonly fields: string | null;
}

const DEFAULT_FIELDS = 'display_phone_number,verified_name,quality_rating';

const EMPTY_FIELDS = [
  'certificate',
  'conversational_automation',
  'eligibility_for_api_business_global_search',
  'last_onboarded_time',
  'new_certificate',
  'new_name_status',
  'username',
  'webhook_configuration',
];

/** Formats `15551234567` as `+1 555-123-4567`, and other numbers only with a plus. */
const format = (digits: string): string =>
  digits
    .replace(/\D/g, '')
    .replace(/^1(\d{3})(\d{3})(\d{4})$/, '1 $1-$2-$3')
    .replace(/^/, '+');

function describe(phoneNumberId: string, behaviour: Behaviour): ReadonlyMap<string, unknown> {
  const { numbers } = behaviour;
  const identity = numbers[phoneNumberId] ?? {};
  return new Map<string, unknown>([
    ['id', phoneNumberId],
    ['display_phone_number', format(displayNumberOf(phoneNumberId, numbers))],
    ['verified_name', identity.verifiedName ?? 'Sandbox Business'],
    ['quality_rating', identity.qualityRating ?? 'GREEN'],
    ['throughput', { level: identity.throughput ?? 'STANDARD' }],
    ['whatsapp_business_manager_messaging_limit', identity.messagingLimit ?? 'TIER_2K'],
    ['health_status', healthStatus(phoneNumberId, behaviour)],
    ['status', 'CONNECTED'],
    ['name_status', 'APPROVED'],
    ['code_verification_status', 'VERIFIED'],
    ['platform_type', 'CLOUD_API'],
    ['account_mode', 'LIVE'],
    ['is_official_business_account', false],
    ['is_on_biz_app', false],
    ['is_pin_enabled', true],
    ['is_preverified_number', false],
    ['country_code', 'US'],
    ['country_dial_code', '1'],
    ['quality_score', { score: identity.qualityRating ?? 'GREEN' }],
    ['search_visibility', 'NON_VISIBLE'],
    // Known to Meta, and empty for every number of the sandbox.
    ...EMPTY_FIELDS.map((name) => [name, undefined] as const),
  ]);
}

export function describeNumber(
  store: BehaviourStore,
  { authorization, phoneNumberId, fields }: NumberQuery,
): HttpAnswer {
  const behaviour = store.current();
  const refusal = checkToken(authorization, behaviour.expiredTokens);
  if (refusal !== null) return refusal;
  const known = describe(phoneNumberId, behaviour);
  const wanted = (fields ?? DEFAULT_FIELDS).split(',').map((field) => field.trim());
  const unknown = wanted.find((field) => !known.has(field));
  if (unknown !== undefined) {
    return refuse(100, { details: `Tried accessing nonexisting field (${unknown}).` });
  }
  // Meta always includes the id.
  const shown = [...known].filter(([name]) => name === 'id' || wanted.includes(name));
  return { status: 200, body: Object.fromEntries(shown) };
}
