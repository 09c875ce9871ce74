import type { Types } from 'mongoose';
import type { AssignmentPolicyDoc } from './model.ts';

type Matching = Pick<AssignmentPolicyDoc, 'priority' | 'channelIds'>;

interface Placed {
  readonly channelId: Types.ObjectId;
}

const byPriority = <P extends Matching>(policies: readonly P[]): readonly P[] =>
  policies.toSorted((a, b) => a.priority - b.priority);

const isAmong = (ids: readonly Types.ObjectId[], id: Types.ObjectId): boolean =>
  ids.some((one) => one.equals(id));

/** The policy that counts: the first one, by priority, that matches. */
export const policyFor = <P extends Matching>(policies: readonly P[], { channelId }: Placed): P | null =>
  byPriority(policies).find(({ channelIds }) => channelIds.length === 0 || isAmong(channelIds, channelId)) ??
  null;

/** The channels whose conversations a policy is for: all of `only` (null for any) but those of `except`. */
export interface Reach {
  readonly only: readonly Types.ObjectId[] | null;
  readonly except: readonly Types.ObjectId[];
}

/** Each policy with its channels, as `policyFor` decides; a policy that comes too late has an empty `only`. */
export function reaches<P extends Matching>(
  policies: readonly P[],
): readonly { readonly policy: P; readonly reach: Reach }[] {
  let taken: readonly Types.ObjectId[] = [];
  let isAllTaken = false;
  return byPriority(policies).map((policy) => {
    const { channelIds } = policy;
    const only = channelIds.length === 0 ? null : channelIds.filter((id) => !isAmong(taken, id));
    const reach = { only: isAllTaken ? [] : only, except: taken };
    taken = [...taken, ...channelIds];
    isAllTaken ||= channelIds.length === 0;
    return { policy, reach };
  });
}

export const isAutomatic = ({ method }: Pick<AssignmentPolicyDoc, 'method'>): boolean => method !== 'manual';
