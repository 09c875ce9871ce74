import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import { senderOf } from '../../whatsapp/identity.ts';
import type { SendingPolicyReader } from '../sending-policy/reader.ts';
import { findKeyword, textsOf, type KeywordMatch } from '../words/rules.ts';
import type { ConsentStatements, StopOutcome } from './statements.ts';

/** The parts of an inbound message that consent reads. */
export interface ContactStatement {
  readonly scope: ClientScope;
  readonly contact: { readonly _id: Types.ObjectId };
  readonly item: {
    /** The message object of the provider. */
    readonly raw: Readonly<Record<string, unknown>>;
    readonly timestampMs: number;
    readonly providerMessageId: string;
    readonly from?: string;
    readonly fromUserId?: string;
  };
}

export interface InboundConsentDeps {
  readonly consent: Pick<ConsentStatements, 'stop' | 'start'>;
  readonly readKeyword: KeywordReader;
}

/** Characters of the stored wording. */
const maxWording = 200;

/** Thrown while messages are still being handed to the provider; the event is retried shortly after. */
class StopUnderWay extends Error {
  override readonly name = 'StopUnderWay';
}

/** For callers that retry failures: an unfinished stop counts as failed. */
export function assertThrough(outcome: StopOutcome): void {
  if (outcome.kind === 'calling')
    throw new StopUnderWay(`${outcome.messageIds.length} messages are being handed to the provider.`);
}

export type KeywordReader = ReturnType<typeof createKeywordReader>;

/** Finds the stop or start word of an inbound message; null if it is about something else. */
export const createKeywordReader =
  (policies: Pick<SendingPolicyReader, 'consentWordsOf'>) =>
  async (
    scope: ClientScope,
    { raw }: Pick<ContactStatement['item'], 'raw'>,
  ): Promise<KeywordMatch | null> => {
    const texts = textsOf(raw);
    return texts.length === 0 ? null : findKeyword(texts, await policies.consentWordsOf(scope));
  };

/** Records what a stop or start word says. */
export const createConsentListener =
  ({ consent, readKeyword }: InboundConsentDeps) =>
  async ({ scope, contact, item }: ContactStatement): Promise<void> => {
    const match = await readKeyword(scope, item);
    if (match === null) return;
    const statement = {
      source: 'keyword',
      wording: match.wording.slice(0, maxWording),
      at: new Date(item.timestampMs),
      eventId: item.providerMessageId,
      from: senderOf(item) ?? {},
    };
    if (match.keyword === 'start') await consent.start(scope, contact._id, statement);
    else assertThrough(await consent.stop(scope, contact._id, statement));
  };
