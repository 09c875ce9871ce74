import type { CountedSet } from './use-cases.ts';

export const toContactSetView = ({ set, count, isExact }: CountedSet) => ({
  id: set._id.toHexString(),
  name: set.name,
  contactCount: count,
  isCountExact: isExact,
  createdAt: set.createdAt.toISOString(),
});
