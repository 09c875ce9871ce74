/** Checks whether Meta would accept the content of a message. Pure. */
import { isRecord, type JsonRecord } from '../json.ts';
import {
  checkCoordinate,
  checkText,
  missing,
  optionalText,
  wrong,
  type Check,
  type CheckResult,
} from './checks.ts';
import { checkContacts } from './contacts.ts';
import { checkInteractive } from './interactive.ts';
import { checkMedia, MEDIA_TYPES } from './media.ts';
import { checkTemplate } from './template.ts';

const MAX_TEXT = 4096;

const checkBody: Check = (text) => {
  const preview = text['preview_url'];
  return (
    checkText(text['body'], 'text.body', MAX_TEXT) ??
    (preview === undefined || typeof preview === 'boolean'
      ? null
      : wrong('text.preview_url', 'it must be a boolean'))
  );
};

const checkLocation: Check = (location) =>
  checkCoordinate(location['latitude'], 'location.latitude', 90) ??
  checkCoordinate(location['longitude'], 'location.longitude', 180) ??
  optionalText(location['name'], 'location.name', 1024) ??
  optionalText(location['address'], 'location.address', 1024);

const checkReaction: Check = (reaction) =>
  checkText(reaction['message_id'], 'reaction.message_id', 256) ??
  (typeof reaction['emoji'] === 'string' ? null : missing('reaction.emoji')) ??
  (/^[\x20-\x7e]+$/.test(String(reaction['emoji'])) ? wrong('reaction.emoji', 'it must be one emoji') : null);

const CHECKS: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['text', checkBody],
  ['template', checkTemplate],
  ...MEDIA_TYPES.map((type): [string, Check] => [type, (media) => checkMedia(type, media)]),
  ['location', checkLocation],
  ['interactive', checkInteractive],
  ['reaction', checkReaction],
]);

/** Checks the object, or for contacts the list, that is named after the type. */
export function validateContent(type: unknown, body: JsonRecord): CheckResult {
  if (type === 'contacts') return checkContacts(body['contacts']);
  const check = CHECKS.get(type);
  if (check === undefined) {
    const types = [...CHECKS.keys(), 'contacts'].map((name) => String(name).toUpperCase()).join(', ');
    return { kind: 'invalid', code: 100, details: `Param type must be one of {${types}}.` };
  }
  const content = body[String(type)];
  if (content === undefined) {
    return { kind: 'invalid', code: 100, details: `The parameter ${String(type)} is required.` };
  }
  return isRecord(content) ? check(content) : wrong(String(type), 'it must be an object');
}
