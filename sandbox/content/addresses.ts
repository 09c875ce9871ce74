/** Requests for an address. Pure. */
import { isRecord, type JsonRecord } from '../json.ts';
import {
  checkList,
  checkOneOf,
  checkText,
  checkUnique,
  firstProblem,
  wrong,
  type CheckResult,
} from './checks.ts';

const BOTH = ['name', 'phone_number', 'address', 'city'];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  IN: [
    ...[...BOTH, 'in_pin_code', 'house_number', 'floor_number', 'tower_number', 'building_name'],
    ...['landmark_area', 'state'],
  ],
  SG: [...BOTH, 'sg_post_code', 'unit_number'],
};
const CODES = ['in_pin_code', 'sg_post_code'];

function checkFields(value: unknown, path: string, country: string): CheckResult {
  if (value === undefined) return null;
  if (!isRecord(value)) return wrong(path, 'it must be an object');
  return firstProblem(Object.entries(value), ([name, text]) =>
    FIELDS[country]?.includes(name) === true
      ? checkText(text, `${path}.${name}`, 1024)
      : wrong(`${path}.${name}`, `it is no field of ${country}`),
  );
}

/** A post code has at most 6 characters. */
const checkCodes = (value: unknown, path: string): CheckResult =>
  firstProblem(CODES, (name) =>
    isRecord(value) ? checkText(value[name], `${path}.${name}`, 6, false) : null,
  );

const checkValues = (value: unknown, path: string, country: string): CheckResult =>
  checkFields(value, path, country) ?? checkCodes(value, path);

export function checkAddress(parameters: JsonRecord, path: string): CheckResult {
  const { country, saved_addresses: saved } = parameters;
  const seen = new Set<unknown>();
  const found = checkOneOf(country, `${path}.country`, Object.keys(FIELDS));
  if (found !== null) return found;
  const of = String(country);
  return (
    checkValues(parameters['values'], `${path}.values`, of) ??
    checkFields(parameters['validation_errors'], `${path}.validation_errors`, of) ??
    (saved === undefined
      ? null
      : checkList(
          saved,
          `${path}.saved_addresses`,
          [1, 100],
          (address, at) =>
            checkText(address['id'], `${at}.id`, 256) ??
            checkUnique(address['id'], `${at}.id`, seen) ??
            checkValues(address['value'], `${at}.value`, of),
        ))
  );
}
