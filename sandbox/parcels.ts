import type { Receipt } from './payloads.ts';

/** The receipts of one POST. A parcel that was refused is sent again as it was, so that it spoils no other. */
export interface Parcel {
  readonly receipts: readonly Receipt[];
  readonly attempts: number;
  /** Called after the next attempt, whatever comes of it. */
  readonly onAttempt?: () => void;
}

export interface ParcelQueue {
  addReceipts(receipts: readonly Receipt[]): void;
  /** Back to the front of the line, to be packed anew. */
  putBack(receipts: readonly Receipt[]): void;
  addParcel(parcel: Parcel): void;
  next(): Parcel | null;
}

/** Packs receipts that are due into parcels only when one can be sent, so that a backlog makes full parcels. */
export function createParcelQueue(parcelSize: () => number): ParcelQueue {
  const parcels: Parcel[] = [];
  const due: Receipt[] = [];

  return {
    addReceipts(receipts) {
      for (const receipt of receipts) due.push(receipt);
    },
    putBack(receipts) {
      due.unshift(...receipts);
    },
    addParcel(parcel) {
      parcels.push(parcel);
    },
    next() {
      const parcel = parcels.shift();
      if (parcel !== undefined) return parcel;
      return due.length === 0 ? null : { receipts: due.splice(0, parcelSize()), attempts: 0 };
    },
  };
}
