import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { WithdrawReason } from '../src/sending/messages/lifecycle.ts';

/** The type of the failure by which a run says that the message's time is over. */
export const outOfTimeType = 'out-of-time';

/** Why a message did not get through the dispatch: canceled, out of time, or by a fault of ours. */
export function reasonOf(error: unknown): WithdrawReason {
  if (isCancellation(error)) return 'canceled';
  if (error instanceof ApplicationFailure && error.type === outOfTimeType) return 'expired';
  if (!(error instanceof ActivityFailure)) return 'failed';
  // An attempt that the provider refused for a while is the last one when the run was canceled meanwhile, or when
  // the next would come too late: the server then reports the refusal, and its reason not to go on beside it.
  if (error.retryState === 'CANCEL_REQUESTED') return 'canceled';
  const isOutOfTime = error.cause instanceof TimeoutFailure || error.retryState === 'TIMEOUT';
  return isOutOfTime ? 'expired' : 'failed';
}
