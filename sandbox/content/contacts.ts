/** Contact cards. Pure. */
import { isRecord, scalarText, type JsonRecord } from '../json.ts';
import {
  checkList,
  checkText,
  firstProblem,
  missing,
  optionalText,
  wrong,
  type CheckResult,
} from './checks.ts';

const MAX_CARDS = 257;
const MAX_TEXT = 1024;
const NAME_PARTS = ['first_name', 'last_name', 'middle_name', 'suffix', 'prefix'];
const LISTS: readonly (readonly [name: string, field: string | null])[] = [
  ['phones', 'phone'],
  ['emails', 'email'],
  ['urls', 'url'],
  ['addresses', null],
];

function checkName(contact: JsonRecord, path: string): CheckResult {
  const { name } = contact;
  if (!isRecord(name)) return missing(`${path}.name.formatted_name`);
  const found = checkText(name['formatted_name'], `${path}.name.formatted_name`, MAX_TEXT);
  if (found !== null) return found;
  return firstProblem(NAME_PARTS, (part) => optionalText(name[part], `${path}.name.${part}`, MAX_TEXT));
}

function checkCard(contact: JsonRecord, path: string): CheckResult {
  const { birthday, org } = contact;
  const found =
    checkName(contact, path) ??
    firstProblem(LISTS, ([name, field]) =>
      contact[name] === undefined
        ? null
        : checkList(contact[name], `${path}.${name}`, [0, 100], (item, itemPath) =>
            field === null ? null : checkText(item[field], `${itemPath}.${field}`, MAX_TEXT),
          ),
    );
  if (found !== null) return found;
  if (birthday !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(scalarText(birthday))) {
    return wrong(`${path}.birthday`, 'it must be YYYY-MM-DD');
  }
  return org === undefined || isRecord(org) ? null : wrong(`${path}.org`, 'it must be an object');
}

export const checkContacts = (contacts: unknown): CheckResult =>
  checkList(contacts, 'contacts', [1, MAX_CARDS], checkCard);
