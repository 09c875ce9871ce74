import { Context } from '@temporalio/activity';
import { dispatchSilenceMs, type MessageActivities } from '../src/sending/messages/contract.ts';
import { dispatchMessage } from '../src/sending/dispatch/dispatch.ts';
import { attemptOf, missing, targetOf, type MessageActivityDeps } from '../src/sending/dispatch/steps.ts';

export type { MessageActivityDeps } from '../src/sending/dispatch/steps.ts';

const beatsInSilence = 3;

/** Lets Temporal hear of an attempt as long as it runs. Most are over before the first beat, which then costs nothing. */
async function whileBeating<T>(attempt: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), dispatchSilenceMs / beatsInSilence).unref();
  try {
    return await attempt();
  } finally {
    clearInterval(beat);
  }
}

/** The activities of a message's workflow. Each may be run again at any time; see the claim in the repository. */
export function createMessageActivities(deps: MessageActivityDeps): MessageActivities {
  const { messages, effects, clock } = deps;
  return {
    dispatch: ({ channelId: _channelId, ...ref }) => whileBeating(() => dispatchMessage(deps, targetOf(ref))),

    async recordOutcome({ outcome, attempt, ...ref }) {
      const { scope, id } = targetOf(ref);
      const at = clock.now();
      await messages.recordOutcome(scope, id, { outcome, attempt: attemptOf(attempt, at, at, outcome) });
    },

    async followFailure({ failure, ...ref }) {
      const { scope, id } = targetOf(ref);
      await effects.ofFailure(scope, id, failure);
    },

    async applyReceipts({ receipts, ...ref }) {
      const { scope, id } = targetOf(ref);
      await messages.applyReceipts(scope, id, receipts);
      await effects.ofReceipts(scope, id, receipts);
    },

    async expireUnknown(ref) {
      const { scope, id } = targetOf(ref);
      const status = await messages.expireUnknown(scope, id, clock.now());
      if (status === null) throw missing();
      return status;
    },

    async withdraw({ reason, failure, ...ref }) {
      const { scope, id } = targetOf(ref);
      const status = await messages.withdraw(scope, id, { reason, failure, now: clock.now() });
      if (status === null) throw missing();
      return status;
    },
  };
}
