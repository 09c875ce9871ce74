/**
 * `pending`: on its way. `stored`: can be read. `failed`: the provider does not deliver it, or not as it says. `expired`:
 * the provider no longer has it. `rejected`: larger than allowed. `erased`: to be removed.
 */
export const mediaStates = ['pending', 'stored', 'failed', 'expired', 'rejected', 'erased'] as const;

export type MediaState = (typeof mediaStates)[number];

/** A state from which a file does not come back by itself. */
export type SettledState = Exclude<MediaState, 'pending' | 'erased'>;

/** Why a file is not there. `code` is the provider's, or a name of ours. */
export interface MediaProblem {
  readonly code: string;
  readonly title: string;
}
