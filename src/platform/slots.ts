/**
 * The lowest free places below `max` of those that are taken, at most `wanted`. With a unique index on the place of each object
 * there are never more than `max`. Pure.
 */
export function freeSlots(
  taken: readonly { readonly slot: number }[],
  { wanted, max }: { readonly wanted: number; readonly max: number },
): number[] {
  const slots = new Set(taken.map(({ slot }) => slot));
  const free: number[] = [];
  for (let slot = 0; slot < max && free.length < wanted; slot += 1) {
    if (!slots.has(slot)) free.push(slot);
  }
  return free;
}
