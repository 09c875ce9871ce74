import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { WithdrawReason } from '../src/sending/messages/lifecycle.ts';

/** The failure type of a run whose message expired while held. */
export const outOfTimeType = 'out-of-time';

/** Why a message was not dispatched: canceled, expired, or failed by an internal error. */
export function reasonOf(error: unknown): WithdrawReason {
  if (isCancellation(error)) return 'canceled';
  if (error instanceof ApplicationFailure && error.type === outOfTimeType) return 'expired';
  if (!(error instanceof ActivityFailure)) return 'failed';
  // A refused attempt is the last one if the run was canceled meanwhile or the next attempt would come too late. The
  // server then reports the refusal as the cause, and in `retryState` why it stopped retrying.
  if (error.retryState === 'CANCEL_REQUESTED') return 'canceled';
  const isOutOfTime = error.cause instanceof TimeoutFailure || error.retryState === 'TIMEOUT';
  return isOutOfTime ? 'expired' : 'failed';
}
