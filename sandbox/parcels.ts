import type { Receipt } from './payloads.ts';

/** The receipts of one POST. A refused parcel is repeated unchanged, so that it does not affect other receipts. */
export interface Parcel {
  readonly receipts: readonly Receipt[];
  readonly attempts: number;
  /** Called after the next attempt, whatever its outcome. */
  readonly onAttempt?: () => void;
}

export interface ParcelQueue {
  addReceipts(receipts: readonly Receipt[]): void;
  /** Returns receipts to the front of the queue. */
  putBack(receipts: readonly Receipt[]): void;
  addParcel(parcel: Parcel): void;
  next(): Parcel | null;
}

/** Packs due receipts only when a parcel can be sent, so that a backlog makes full parcels. */
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
