import { openEnum } from '../../platform/fields.ts';
import { classLetters } from '../../whatsapp/error-rule.ts';
import { errorRules } from '../../whatsapp/error-table.ts';
import { knownMessageTypes } from '../../whatsapp/known-words.ts';
import { gateNames } from '../../openings/contract.ts';
import { gateProblems } from '../gates/rules.ts';
import { Content } from './content/schemas.ts';

/** The names in answers about messages: the known ones, which become more with WhatsApp and with new versions. */

const contentTypes = Content.options.map(({ shape }) => shape.type.value);

/** Entries of a thread that are no messages. */
const entryTypes = ['call', 'group_event'];

const messageTypes = new Set([...contentTypes, 'template', ...entryTypes, ...knownMessageTypes]);

/** Codes of failures that no provider reported. */
const ownFailureCodes = [
  ...gateProblems,
  'contact-deleted',
  'file-erased',
  'not-reached',
  'template-changed',
  'workflow-closed',
] as const;

export const MessageType = openEnum(listOf(messageTypes)).meta({
  id: 'MessageType',
  description:
    'A kind of `content` in `POST /api/messages`, `template`, `call`, `group_event`, or a type of WhatsApp; it may send new ones',
});

export const GateName = openEnum(gateNames).meta({
  id: 'GateName',
  description: 'What keeps the message from leaving; later versions may have more gates',
});

export const FailureClass = openEnum(listOf([...Object.keys(classLetters), 'internal'])).meta({
  id: 'MessageFailureClass',
  description: 'What kind of failure it is, as in docs/provider-errors.md; later versions may have more',
});

export const FailureCode = openEnum(listOf([...ownFailureCodes, ...Object.keys(errorRules)])).meta({
  id: 'MessageFailureCode',
  description: 'An error code of WhatsApp as text, which may be a new one, or a word of ours',
});

function listOf(names: Iterable<string>): [string, ...string[]] {
  const [first, ...others] = names;
  if (first === undefined) throw new Error('An enum needs a value.');
  return [first, ...others];
}
