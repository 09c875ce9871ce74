/** The facts by which events are taken together. */
export interface Takeable {
  /** Bytes of the stored body. */
  readonly bytes: number;
  /** Takes since the last verdict or progress. */
  readonly takes?: number;
}

/** Larger bodies are read one at a time, once it is their turn. */
export const maxInlineBytes = 16 * 1024;

/** A parsed body of this size takes a few megabytes; a process handles only one larger body at a time. */
export const maxSharedBytes = 256 * 1024;

/** The bodies that one lease holds in memory: two lanes have 12 leases, so 6 MiB. */
const maxLeaseBytes = 512 * 1024;

/** Takes without a verdict after which an event is taken alone: it may be the one that stops its processors. */
const maxSharedTakes = 2;

/** Takes without a verdict after which an event becomes a dead letter. */
export const maxTakes = 5;

const isAlone = ({ bytes, takes = 0 }: Takeable): boolean =>
  bytes > maxInlineBytes || takes >= maxSharedTakes;

/** The first of the due events that one lease takes: small ones up to a number of bytes, or a single one. */
export function chooseForLease<Event extends Takeable>(due: readonly Event[]): readonly Event[] {
  let bytes = 0;
  const end = due.findIndex((event, index) => {
    bytes += event.bytes;
    return index > 0 && (isAlone(event) || bytes > maxLeaseBytes);
  });
  const [first] = due;
  if (first !== undefined && isAlone(first)) return [first];
  return end === -1 ? due : due.slice(0, end);
}
