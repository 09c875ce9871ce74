/** Parameters of template components, by type. Pure. */
import { textOrNull, scalarText, type JsonRecord } from '../json.ts';
import {
  checkCoordinate,
  checkList,
  checkObject,
  checkText,
  checkSingleLine,
  missing,
  optionalText,
  wrong,
  type CheckResult,
} from './checks.ts';
import { checkMediaSource } from './media.ts';
import { checkProductSections } from './products.ts';

const MAX_TEXT = 32_768;
/** Meta's changelog says 20, its reference 15; the sandbox accepts the longer one. */
const MAX_COUPON = 20;
const MAX_PAYLOAD = 256;

type ParameterCheck = (value: JsonRecord, path: string) => CheckResult;

const checkWhole = (value: unknown, path: string): CheckResult => {
  if (value === undefined) return missing(path);
  return Number.isInteger(value) ? null : wrong(path, 'it must be a whole number');
};

const checkLocation: ParameterCheck = (value, path) =>
  checkCoordinate(value['latitude'], `${path}.latitude`, 90) ??
  checkCoordinate(value['longitude'], `${path}.longitude`, 180) ??
  optionalText(value['name'], `${path}.name`, 1024) ??
  optionalText(value['address'], `${path}.address`, 1024);

const checkAction: ParameterCheck = (value, path) => {
  const { sections, flow_action_data: data } = value;
  return (
    optionalText(value['thumbnail_product_retailer_id'], `${path}.thumbnail_product_retailer_id`, 256) ??
    (sections === undefined ? null : checkProductSections(sections, `${path}.sections`)) ??
    optionalText(value['flow_token'], `${path}.flow_token`, 2000) ??
    (data === undefined ? null : checkObject(data, `${path}.flow_action_data`, () => null))
  );
};

/** Parameters whose value is an object named after their type. */
const OBJECTS: Readonly<Record<string, ParameterCheck>> = {
  image: checkMediaSource,
  video: checkMediaSource,
  gif: checkMediaSource,
  document: (value, path) =>
    checkMediaSource(value, path) ?? optionalText(value['filename'], `${path}.filename`, 240),
  location: checkLocation,
  product: (value, path) =>
    checkText(value['product_retailer_id'], `${path}.product_retailer_id`, 256) ??
    checkText(value['catalog_id'], `${path}.catalog_id`, 256),
  currency: (value, path) =>
    checkText(value['fallback_value'], `${path}.fallback_value`, MAX_TEXT) ??
    checkText(value['code'], `${path}.code`, 3) ??
    checkWhole(value['amount_1000'], `${path}.amount_1000`),
  date_time: (value, path) => checkText(value['fallback_value'], `${path}.fallback_value`, MAX_TEXT),
  action: checkAction,
  limited_time_offer: (value, path) => checkWhole(value['expiration_time_ms'], `${path}.expiration_time_ms`),
};

/** Parameters whose value is a text, with its maximum length. */
const TEXTS: Readonly<Record<string, number>> = {
  text: MAX_TEXT,
  payload: MAX_PAYLOAD,
  coupon_code: MAX_COUPON,
};

export function checkParameter(parameter: JsonRecord, path: string, allowed: readonly string[]): CheckResult {
  const type = textOrNull(parameter['type'])?.toLowerCase();
  if (type === undefined) return missing(`${path}.type`);
  if (!allowed.includes(type)) return wrong(`${path}.type`, `it must be one of ${allowed.join(', ')}`);
  const named = optionalText(parameter['parameter_name'], `${path}.parameter_name`, 1024);
  if (named !== null) return named;
  const limit = TEXTS[type];
  if (limit !== undefined) {
    const found = checkText(parameter[type], `${path}.${type}`, limit);
    return type === 'payload' ? found : (found ?? checkSingleLine(scalarText(parameter[type]), path));
  }
  // The only value that is a list: links that open by a tap on the message.
  if (type === 'tap_target_configuration') {
    return checkList(
      parameter[type],
      `${path}.${type}`,
      [1, 1],
      (target, at) =>
        checkText(target['url'], `${at}.url`, 2000) ?? checkText(target['title'], `${at}.title`, 256),
    );
  }
  return checkObject(
    parameter[type],
    `${path}.${type}`,
    (value) => OBJECTS[type]?.(value, `${path}.${type}`) ?? null,
  );
}
