import { isAuthentication, otpOfAddress, withMinutes } from './authentication.ts';
import type {
  TemplateBody,
  TemplateButton,
  TemplateCard,
  TemplateComponentDefinition,
  TemplateFooter,
  TemplateHeader,
} from './definition.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const upperCaseOf = (value: unknown): string => (typeof value === 'string' ? value.toUpperCase() : '');

/** The field if it has the expected type, otherwise nothing. */
function pick<Name extends string, Value>(
  from: JsonObject,
  name: Name,
  isValid: (value: unknown) => value is Value,
): { readonly [K in Name]?: Value } {
  const value = from[name];
  return isValid(value) ? ({ [name]: value } as { readonly [K in Name]?: Value }) : {};
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isTextOrTexts = (value: unknown): value is string | string[] =>
  isText(value) || (Array.isArray(value) && value.every(isText));
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** Reads components of the provider. Keeps unknown ones unchanged, so that positions stay correct; refuses nothing. */
export function readComponents(given: readonly unknown[]): TemplateComponentDefinition[] {
  const read = given.filter(isObject).map(readComponent);
  return isAuthentication(read)
    ? read.map((component) => (component.type === 'FOOTER' ? withMinutes(component) : component))
    : read;
}

function readComponent(given: JsonObject): TemplateComponentDefinition {
  switch (upperCaseOf(given['type'])) {
    case 'HEADER':
      return readHeader(given) ?? other(given);
    case 'BODY':
      return readBody(given);
    case 'FOOTER':
      return readFooter(given);
    case 'BUTTONS':
      return { type: 'BUTTONS', buttons: listOf(given['buttons']).filter(isObject).map(readButton) };
    case 'CAROUSEL':
      return { type: 'CAROUSEL', cards: listOf(given['cards']).filter(isObject).map(readCard) };
    case 'LIMITED_TIME_OFFER': {
      const offer = given['limited_time_offer'];
      if (!isObject(offer) || !isText(offer['text'])) return other(given);
      const content = { text: offer['text'], ...pick(offer, 'has_expiration', isFlag) };
      return { type: 'LIMITED_TIME_OFFER', limited_time_offer: content };
    }
    default:
      return other(given);
  }
}

const other = (original: JsonObject) => ({ type: 'OTHER', original }) as const;

/** Omits the sample of a file: it is an address that expires soon. */
function readHeader(given: JsonObject): TemplateHeader | null {
  const format = upperCaseOf(given['format']);
  switch (format) {
    case 'TEXT':
      return isText(given['text'])
        ? { type: 'HEADER', format, text: given['text'], ...pick(given, 'example', isObject) }
        : null;
    case 'IMAGE':
    case 'VIDEO':
    case 'DOCUMENT':
    case 'LOCATION':
      return { type: 'HEADER', format };
    default:
      return null;
  }
}

const readBody = (given: JsonObject): TemplateBody => ({
  type: 'BODY',
  ...pick(given, 'text', isText),
  ...pick(given, 'add_security_recommendation', isFlag),
  ...pick(given, 'example', isObject),
});

const readFooter = (given: JsonObject): TemplateFooter => ({
  type: 'FOOTER',
  ...pick(given, 'text', isText),
  ...pick(given, 'code_expiration_minutes', isNumber),
});

function readCard(given: JsonObject): TemplateCard {
  const components = readComponents(listOf(given['components']));
  return {
    components: components.map((component) => {
      const { type } = component;
      const isOfCard = type === 'HEADER' || type === 'BODY' || type === 'BUTTONS' || type === 'OTHER';
      return isOfCard ? component : other({ ...component });
    }),
  };
}

function readButton(given: JsonObject): TemplateButton {
  const type = upperCaseOf(given['type']);
  const text = isText(given['text']) ? given['text'] : '';
  switch (type) {
    case 'QUICK_REPLY':
    case 'CATALOG':
    case 'MPM':
      return { type, text };
    case 'URL':
      return isText(given['url']) ? readUrl(given, given['url'], text) : other(given);
    case 'PHONE_NUMBER':
      return isText(given['phone_number'])
        ? { type, text, phone_number: given['phone_number'] }
        : other(given);
    case 'COPY_CODE':
      return { type, ...pick(given, 'example', isTextOrTexts) };
    case 'FLOW':
      return readFlow(given, text);
    case 'OTP':
      return readOtp(given);
    default:
      return other(given);
  }
}

const readUrl = (given: JsonObject, url: string, text: string): TemplateButton =>
  otpOfAddress(url, text) ?? { type: 'URL', text, url, ...pick(given, 'example', isTexts) };

/** Flow ids are numbers in some answers. */
function readFlow(given: JsonObject, text: string): TemplateButton {
  const action = given['flow_action'];
  const id = given['flow_id'];
  const isKnown = action === 'navigate' || action === 'data_exchange';
  return {
    ...{ type: 'FLOW', text },
    ...(isText(id) || isNumber(id) ? { flow_id: String(id) } : {}),
    ...pick(given, 'flow_name', isText),
    ...(isKnown ? { flow_action: action } : {}),
    ...pick(given, 'navigate_screen', isText),
  };
}

function readOtp(given: JsonObject): TemplateButton {
  const type = upperCaseOf(given['otp_type']);
  if (type !== 'COPY_CODE' && type !== 'ONE_TAP' && type !== 'ZERO_TAP') return other(given);
  const apps = listOf(given['supported_apps']).filter(isObject);
  return {
    ...{ type: 'OTP', otp_type: type },
    ...pick(given, 'text', isText),
    ...pick(given, 'autofill_text', isText),
    ...pick(given, 'zero_tap_terms_accepted', isFlag),
    ...(apps.length === 0
      ? {}
      : {
          supported_apps: apps.map((app) => ({
            package_name: String(app['package_name']),
            signature_hash: String(app['signature_hash']),
          })),
        }),
  };
}

/** Whether two contents look the same to a contact; samples for reviewers do not count. */
export const isSameContent = (
  one: readonly TemplateComponentDefinition[],
  another: readonly TemplateComponentDefinition[],
): boolean => normalForm(one) === normalForm(another);

const normalForm = (components: readonly TemplateComponentDefinition[]): string =>
  JSON.stringify(components, (_name, value: unknown) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([name]) => name !== 'example')
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value,
  );
