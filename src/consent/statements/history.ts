import type { Types } from 'mongoose';
import type { AuditEventDoc, AuditService } from '../../audit/service.ts';
import type { ContactRecord, ContactDirectory } from '../../people/contacts/directory.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { proofActions } from './statements.ts';

/** What a stop has done, as it was written down when it was acknowledged. */
export interface StopProof {
  readonly eventId: string;
  readonly storedAt: Date;
  readonly acknowledgedAt: Date;
  readonly canceledCount: number;
  readonly canceledMessageIds: readonly string[];
  readonly mayHaveLeftMessageIds: readonly string[];
}

export interface ConsentHistoryOfContact {
  readonly contact: ContactRecord;
  /** Of the latest stops. */
  readonly proofs: readonly StopProof[];
}

export interface ConsentHistoryDeps {
  readonly contacts: Pick<ContactDirectory, 'findRecord'>;
  readonly audit: Pick<AuditService, 'listOfTarget'>;
}

export type ConsentHistory = ReturnType<typeof createConsentHistory>;

const maxProofs = 50;

/** What a contact has said about messages, and what came of it. */
export const createConsentHistory = ({ contacts, audit }: ConsentHistoryDeps) => ({
  async of(scope: ClientScope, contactId: Types.ObjectId): Promise<ConsentHistoryOfContact> {
    const contact = await contacts.findRecord(scope, contactId);
    if (contact === null) throw notFound('contact');
    const events = await audit.listOfTarget(scope, contactId, { actions: proofActions, limit: maxProofs });
    return { contact, proofs: events.map(proofOf) };
  },
});

/** Only `conclude` in `service.ts` writes these events, all their fields at once. */
const proofOf = ({ after }: AuditEventDoc): StopProof => after as unknown as StopProof;
