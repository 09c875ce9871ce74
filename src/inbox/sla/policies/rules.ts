import type { Types } from 'mongoose';
import type { DeadlineKind } from '../../conversations/deadlines.ts';
import type { SlaPolicyDoc } from './model.ts';

type Targets = Pick<SlaPolicyDoc, 'firstResponseSeconds' | 'nextResponseSeconds' | 'resolutionSeconds'>;

/** The policy that counts: the first one, by priority, that matches. */
export const policyFor = <P extends Pick<SlaPolicyDoc, 'priority' | 'match'>>(
  policies: readonly P[],
  { channelId }: { readonly channelId: Types.ObjectId },
): P | null =>
  policies
    .toSorted((a, b) => a.priority - b.priority)
    .find(
      ({ match }) => match.channelIds.length === 0 || match.channelIds.some((id) => id.equals(channelId)),
    ) ?? null;

/** The target of a kind in milliseconds; null if the policy does not measure it. */
export function targetOf(targets: Targets, kind: DeadlineKind): number | null {
  const seconds = {
    'first-response': targets.firstResponseSeconds,
    'next-response': targets.nextResponseSeconds,
    resolution: targets.resolutionSeconds,
  }[kind];
  return seconds === undefined ? null : seconds * 1_000;
}

/** The kind of a wait for an answer: without a target for the first one, it is measured as all others. */
export function kindOfResponse(targets: Targets, isFirst: boolean): DeadlineKind | null {
  if (isFirst && targets.firstResponseSeconds !== undefined) return 'first-response';
  return targets.nextResponseSeconds === undefined ? null : 'next-response';
}

export const hasTarget = ({
  firstResponseSeconds,
  nextResponseSeconds,
  resolutionSeconds,
}: Targets): boolean =>
  [firstResponseSeconds, nextResponseSeconds, resolutionSeconds].some((seconds) => seconds !== undefined);
