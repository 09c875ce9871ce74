/**
 * The settings of numbers and accounts that other clients of the Cloud API use: profile, commerce, calling, blocked people,
 * registration, callback. Kept in memory and shown as Meta shows them; they change nothing else.
 */
import type { HttpAnswer } from './graph-api.ts';
import { refuse } from './graph-errors.ts';
import { isRecord, scalarText, textOrNull, type JsonRecord } from './json.ts';

export interface BusinessCall {
  readonly method: string;
  /** Of a number or an account. */
  readonly id: string;
  readonly edge: string;
  /** Query and body together; Meta takes most parameters in either. */
  readonly given: JsonRecord;
}

const ok = (body: object): HttpAnswer => ({ status: 200, body });
const success = ok({ success: true });
const missing = (name: string): HttpAnswer => refuse(100, { details: `The parameter ${name} is required.` });

type Handler = (call: BusinessCall) => HttpAnswer;

const PROFILE_FIELDS = [
  'about',
  'address',
  'description',
  'email',
  'profile_picture_url',
  'websites',
  'vertical',
];
const VERTICAL = { vertical: 'UNDEFINED' };
const COMMERCE = { is_catalog_visible: true, is_cart_enabled: true };
const CALLING = { calling: { status: 'DISABLED' } };

/** Settings that an edge shows and changes as one object. */
function createSettings(defaults: JsonRecord, fields: readonly string[]) {
  const stored = new Map<string, JsonRecord>();
  const of = (id: string): JsonRecord => stored.get(id) ?? defaults;
  return {
    of,
    change(id: string, given: JsonRecord): void {
      const known = Object.entries(given).filter(
        ([name, value]) => fields.includes(name) && value !== undefined,
      );
      stored.set(id, { ...of(id), ...Object.fromEntries(known) });
    },
  };
}

const usersOf = (given: JsonRecord): string[] =>
  Array.isArray(given['block_users'])
    ? given['block_users'].flatMap((entry) =>
        isRecord(entry) ? (textOrNull(entry['user']) ?? textOrNull(entry['user_id']) ?? []) : [],
      )
    : [];

/** Without signs, as Meta returns a `wa_id`; a user id stays as it is. */
const personOf = (input: string): object =>
  /^[A-Z]{2}\./.test(input) ? { user_id: input } : { wa_id: input.replace(/\D/g, '') };

function createBlocks(): Readonly<Record<'POST' | 'DELETE' | 'GET', Handler>> {
  const blocked = new Map<string, Set<string>>();
  const of = (id: string): Set<string> => blocked.get(id) ?? new Set();
  const answer = (name: string, users: readonly string[]): HttpAnswer =>
    ok({
      messaging_product: 'whatsapp',
      block_users: { [name]: users.map((input) => ({ input, ...personOf(input) })) },
    });
  return {
    POST({ id, given }) {
      const users = usersOf(given);
      blocked.set(id, new Set([...of(id), ...users]));
      return users.length === 0 ? missing('block_users') : answer('added_users', users);
    },
    DELETE({ id, given }) {
      const users = usersOf(given);
      for (const user of users) of(id).delete(user);
      return users.length === 0 ? missing('block_users') : answer('removed_users', users);
    },
    GET: ({ id }) =>
      ok({
        data: [...of(id)].map((input) => ({ messaging_product: 'whatsapp', ...personOf(input) })),
        paging: {},
      }),
  };
}

function createCodes(): Readonly<Record<'POST' | 'DELETE' | 'GET', Handler>> {
  const codes = new Map<string, JsonRecord>();
  const keyOf = ({ id }: BusinessCall, code: string): string => `${id} ${code}`;
  return {
    POST(call) {
      const text = textOrNull(call.given['prefilled_message']);
      if (text === null) return missing('prefilled_message');
      const code = textOrNull(call.given['code']) ?? `CODE${codes.size + 1}`;
      const shown = { code, prefilled_message: text, deep_link_url: `https://wa.me/message/${code}` };
      codes.set(keyOf(call, code), shown);
      const image = textOrNull(call.given['generate_qr_image']);
      return ok({
        ...shown,
        ...(image === null ? {} : { qr_image_url: `https://scontent.example/${code}.${image}` }),
      });
    },
    GET(call) {
      const wanted = keyOf(call, textOrNull(call.given['code']) ?? '');
      return ok({ data: [...codes].flatMap(([key, shown]) => (key.startsWith(wanted) ? [shown] : [])) });
    },
    DELETE(call) {
      const code = textOrNull(call.given['code']);
      if (code === null) return missing('code');
      return codes.delete(keyOf(call, code))
        ? success
        : refuse(100, { subcode: 33, details: `There is no code ${code}.` });
    },
  };
}

type Handlers = readonly (readonly [route: string, handle: Handler])[];

/** Profile, commerce and calling of a number: read and changed as one object each. */
function settingHandlers(): Handlers {
  const profile = createSettings(VERTICAL, PROFILE_FIELDS);
  const commerce = createSettings(COMMERCE, Object.keys(COMMERCE));
  const calling = createSettings(CALLING, Object.keys(CALLING));
  return [
    [
      'GET whatsapp_business_profile',
      ({ id }) => ok({ data: [{ ...profile.of(id), messaging_product: 'whatsapp' }] }),
    ],
    [
      'POST whatsapp_business_profile',
      ({ id, given }) => {
        if (given['messaging_product'] !== 'whatsapp') return missing('messaging_product');
        profile.change(id, given);
        return success;
      },
    ],
    ['GET whatsapp_commerce_settings', ({ id }) => ok({ data: [{ ...commerce.of(id), id }] })],
    [
      'POST whatsapp_commerce_settings',
      ({ id, given }) => {
        const flags = Object.entries(given).map(([name, value]) => [name, String(value) === 'true']);
        commerce.change(id, Object.fromEntries(flags));
        return success;
      },
    ],
    ['GET settings', ({ id }) => ok(calling.of(id))],
    [
      'POST settings',
      ({ id, given }) => {
        calling.change(id, given);
        return success;
      },
    ],
  ];
}

/** Registration and the key for flows. */
function registrationHandlers(): Handlers {
  const key = createSettings({}, ['business_public_key']);
  const status = { business_public_key_signature_status: 'VALID' };
  return [
    ['POST register', ({ given }) => (/^\d{6}$/.test(scalarText(given['pin'])) ? success : missing('pin'))],
    ['POST deregister', () => success],
    ['POST request_code', () => success],
    ['POST verify_code', () => success],
    ['GET whatsapp_business_encryption', ({ id }) => ok({ data: [{ ...key.of(id), ...status }] })],
    [
      'POST whatsapp_business_encryption',
      ({ id, given }) => {
        key.change(id, given);
        return given['business_public_key'] === undefined ? missing('business_public_key') : success;
      },
    ],
  ];
}

const APP_ID = '670843887433847';
const APP = { name: 'Sandbox App', id: APP_ID, link: `https://www.facebook.com/games/?app_id=${APP_ID}` };

/** A callback of its own for an account or a number; the sandbox keeps calling the one of its settings. */
function callbackHandlers(): Handlers {
  const callback = createSettings({}, ['override_callback_uri', 'verify_token']);
  const subscribe = (id: string, { override_callback_uri, verify_token }: JsonRecord): HttpAnswer => {
    callback.change(id, { override_callback_uri, verify_token });
    return success;
  };
  return [
    ['POST subscribed_apps', ({ id, given }) => subscribe(id, given)],
    ['DELETE subscribed_apps', () => success],
    [
      'GET subscribed_apps',
      ({ id }) => {
        const { override_callback_uri: address } = callback.of(id);
        const override = address === undefined ? {} : { override_callback_uri: address };
        return ok({ data: [{ whatsapp_business_api_data: APP, ...override }] });
      },
    ],
    [
      'POST ',
      ({ id, given: { webhook_configuration: given } }) => subscribe(id, isRecord(given) ? given : {}),
    ],
  ];
}

export interface BusinessEndpoint {
  /** Whether the sandbox has this edge for some method. */
  knows(edge: string): boolean;
  /** Null if the edge does not take the method. */
  answer(call: BusinessCall): HttpAnswer | null;
}

export function createBusinessEndpoint(): BusinessEndpoint {
  const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ...settingHandlers(),
    ...registrationHandlers(),
    ...callbackHandlers(),
    ...Object.entries(createBlocks()).map(([method, handle]) => [`${method} block_users`, handle] as const),
    ...Object.entries(createCodes()).map(([method, handle]) => [`${method} message_qrdls`, handle] as const),
  ]);
  const edges = new Set([...handlers.keys()].map((name) => name.slice(name.indexOf(' ') + 1)));
  return {
    knows: (edge) => edges.has(edge),
    answer: (call) => handlers.get(`${call.method} ${call.edge}`)?.(call) ?? null,
  };
}
