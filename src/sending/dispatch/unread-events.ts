import type { ClientScope } from '../../platform/mongo.ts';
import type { ReadFacts } from '../gates/facts.ts';
import type { MessageDoc } from '../messages/use-cases.ts';

/** What is known of the person whom a message is for. */
export type ToldPerson = Pick<ReadFacts, 'identities' | 'contactIds'>;

/** Whom messages were sent to, by the provider's ids. */
export interface QuotedMessages {
  findQuoted(
    scope: ClientScope,
    providerMessageIds: readonly string[],
  ): Promise<readonly Pick<MessageDoc, 'contactId' | 'to' | 'recipientUserId'>[]>;
}

/** What the intake has stored and nobody has read; `app/` plugs it in. */
export interface UnreadEvents {
  /**
   * Whether an unread event of the business may hold an opt-out of the person: it names one of these identities (keys as in
   * `gates/person.ts`), it quotes a message to the person, or it may tell an identity that is not among them, from which an
   * opt-out may be stored, too. True from the moment at which the request of the event was answered until it is read or a
   * dead letter.
   */
  mayStop(scope: ClientScope, person: ToldPerson): Promise<boolean>;
}
