import type { Types } from 'mongoose';
import { z } from 'zod';
import type { AuditService } from '../../audit/service.ts';
import type { ContactRecord, ContactDirectory } from '../../people/contacts/directory.ts';
import { notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { proofActions } from './statements.ts';

/** The effects of a stop, recorded when it was acknowledged. */
const StopProof = z.object({
  eventId: z.string(),
  storedAt: z.date(),
  acknowledgedAt: z.date(),
  canceledCount: z.number(),
  canceledMessageIds: z.array(z.string()).readonly(),
  mayHaveLeftMessageIds: z.array(z.string()).readonly(),
});
export type StopProof = Readonly<z.output<typeof StopProof>>;

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

/** The consent history of a contact, with the proofs of its stops. */
export const createConsentHistory = ({ contacts, audit }: ConsentHistoryDeps) => ({
  async of(scope: ClientScope, contactId: Types.ObjectId): Promise<ConsentHistoryOfContact> {
    const contact = await contacts.findRecord(scope, contactId);
    if (contact === null) throw notFound('contact');
    const events = await audit.listOfTarget(scope, contactId, { actions: proofActions, limit: maxProofs });
    return { contact, proofs: events.map(({ after }) => StopProof.parse(after)) };
  },
});
