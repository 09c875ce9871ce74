/** Twenty times as many numbers as an account gets at first. */
export const defaultMaxChannels = 50;

/**
 * The lowest place that is free; null if the business has `maxChannels` or more. A channel without a place counts too.
 */
export function firstFreePlace(
  channels: readonly { readonly place?: number }[],
  maxChannels: number,
): number | null {
  if (channels.length >= maxChannels) return null;
  const taken = new Set(channels.map(({ place }) => place));
  let place = 0;
  while (taken.has(place)) place += 1;
  return place;
}
