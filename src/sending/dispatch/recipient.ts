import assert from 'node:assert/strict';
import { judgePerson } from '../gates/rules.ts';
import type { ReadFacts } from '../gates/facts.ts';
import { addressOfMessage, isSameAddress, type Address } from '../gates/recipient.ts';
import { waitTypeOf } from '../messages/contract.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';

/** The contact was deleted while its message waited. */
export const contactDeleted: MessageFailure = {
  code: 'contact-deleted',
  class: 'message',
  title: 'The contact was deleted',
  detail: 'Found right before the call; the provider was not called.',
  advice: 'Create the contact, then send a new message.',
};

/**
 * The message with the contact's current address, which is stored before the claim, so that an opt-out by that address
 * finds the message. Null if the message has changed since it was read.
 */
export async function addressedTo(
  { messages, facts, clock }: DispatchDeps,
  { scope, id }: Target,
  { message, address }: { readonly message: MessageDoc; readonly address: Address | null },
): Promise<MessageDoc | null> {
  const from = addressOfMessage(message);
  assert(address !== null && from !== null, 'the gates have found an address');
  if (isSameAddress(from, address)) return message;
  const by = await facts.correctorOf(scope, message.contactId, address);
  const at = clock.now();
  return messages.readdress(scope, id, { from, to: address, at, ...(by === null ? {} : { by }) });
}

/** Why the call that the claim allows must not be made, as found after the claim was taken. */
export type Obstacle = 'recipient-changed' | 'recipient-unread';

/**
 * Reads the recipient once more while the claim is held, as the last step before the call. An opt-out or a block that
 * was stored before this read stops the call here; one that is stored later finds the claim and waits for the call. A
 * correction that was stored before this read is used by the next attempt. Null: the call may be made.
 */
export async function obstacleTo(
  { facts, clock, logger }: DispatchDeps,
  { scope, id }: Target,
  { message, read }: { readonly message: MessageDoc; readonly read: ReadFacts },
): Promise<Obstacle | null> {
  try {
    const person = await facts.readPerson(scope, message);
    if (person === null || !isSameAddress(person.address, addressOfMessage(message)))
      return 'recipient-changed';
    const verdict = judgePerson({ ...read.facts, contact: person.consent }, clock.now());
    return verdict.kind === 'open' ? null : 'recipient-changed';
  } catch (error) {
    // The claim must be returned: the provider was not called.
    logger.warn({ messageId: id.toHexString(), error }, 'recipient not read again: the call is put off');
    return 'recipient-unread';
  }
}

const obstacleTitles: Readonly<Record<Obstacle, string>> = {
  'recipient-changed': 'The recipient changed right before the call',
  'recipient-unread': 'The recipient could not be read before the call',
};

const waitMs = 250;

/** The next step after an obstacle: the claim is returned, and the next attempt judges the message again. */
export const afterObstacle = (obstacle: Obstacle) =>
  ({ kind: 'retry', code: obstacle, title: obstacleTitles[obstacle], delayMs: waitMs }) as const;

/** The message was changed by another attempt or was readdressed meanwhile: the next attempt judges it again. */
export const recipientMoved: AttemptRetry = {
  kind: 'again',
  type: waitTypeOf('provider'),
  message: 'The recipient of the message changed: it is judged again',
  delayMs: waitMs,
  isWait: true,
};
