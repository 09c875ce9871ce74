import type { ConsentHistoryOfContact, StopProof } from './history.ts';
import type { ConsentHistoryView } from './schemas.ts';

const toProofView = (proof: StopProof) => ({
  storedAt: proof.storedAt.toISOString(),
  acknowledgedAt: proof.acknowledgedAt.toISOString(),
  canceledCount: proof.canceledCount,
  canceledMessageIds: [...proof.canceledMessageIds],
  mayHaveLeftMessageIds: [...proof.mayHaveLeftMessageIds],
});

export function toConsentHistoryView({ contact, proofs }: ConsentHistoryOfContact): ConsentHistoryView {
  const proofOf = (eventId: string | undefined) => proofs.find((proof) => proof.eventId === eventId);
  return {
    contactId: contact._id.toHexString(),
    optInStatus: contact.optInStatus,
    marketingStopped: contact.marketingStopped ?? false,
    marketingStoppedAt: contact.marketingStoppedAt?.toISOString() ?? null,
    isBlocked: contact.isBlocked ?? false,
    blockedAt: contact.blockedAt?.toISOString() ?? null,
    entries: contact.consentLog.map(({ status, source, wording, at, storedAt, by, eventId }) => {
      const proof = proofOf(eventId);
      return {
        status,
        source,
        wording: wording ?? null,
        at: at.toISOString(),
        storedAt: (storedAt ?? at).toISOString(),
        by: by?.toHexString() ?? null,
        eventId: eventId ?? null,
        proof: proof === undefined ? null : toProofView(proof),
      };
    }),
    entriesLeftOut: contact.consentEntriesDropped ?? 0,
  };
}
