import assert from 'node:assert/strict';
import { addressOfMessage, isSameAddress, type Address } from '../gates/recipient.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { AttemptRetry, DispatchDeps, Target } from './steps.ts';
import { againAfter } from './wait.ts';

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

const waitMs = 250;

/** The message was changed by another attempt or was readdressed meanwhile: the next attempt judges it again. */
export const recipientMoved: AttemptRetry = againAfter(
  'provider',
  'The recipient of the message changed: it is judged again',
  waitMs,
);
