import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { SendingPolicyReader } from '../sending-policy/reader.ts';
import { judgeTexts, textsOf } from '../words/rules.ts';
import type { ConsentStatements, StopOutcome } from './statements.ts';

/** A message of a contact, as far as consent reads it. */
export interface ContactStatement {
  readonly scope: ClientScope;
  readonly contact: { readonly _id: Types.ObjectId };
  readonly item: {
    /** The provider's own object of the message. */
    readonly raw: Readonly<Record<string, unknown>>;
    readonly timestampMs: number;
    readonly providerMessageId: string;
  };
}

export interface InboundConsentDeps {
  readonly consent: Pick<ConsentStatements, 'stop' | 'start'>;
  readonly policies: Pick<SendingPolicyReader, 'consentWordsOf'>;
}

/** What was said, as long as it is kept. */
const maxWording = 200;

/** Thrown while messages are being handed over in spite of a stop; the event is taken up again a little later. */
class StopUnderWay extends Error {
  override readonly name = 'StopUnderWay';
}

/** For whoever repeats what fails: a stop that is not through yet counts as not done. */
export function assertThrough(outcome: StopOutcome): void {
  if (outcome.kind === 'calling')
    throw new StopUnderWay(`${outcome.messageIds.length} messages are being handed over.`);
}

/** Listens to every message of a contact for a word that says stop or start. */
export const createConsentListener =
  ({ consent, policies }: InboundConsentDeps) =>
  async ({ scope, contact, item }: ContactStatement): Promise<void> => {
    const texts = textsOf(item.raw);
    if (texts.length === 0) return;
    const verdict = judgeTexts(texts, await policies.consentWordsOf(scope));
    if (verdict === null) return;
    const said = {
      source: 'keyword',
      wording: verdict.wording.slice(0, maxWording),
      at: new Date(item.timestampMs),
      eventId: item.providerMessageId,
    };
    if (verdict.judgement === 'start') await consent.start(scope, contact._id, said);
    else assertThrough(await consent.stop(scope, contact._id, said));
  };
