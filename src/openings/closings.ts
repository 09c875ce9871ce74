import type { Types } from 'mongoose';
import { sleep } from '../platform/clock.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { maxCloseMs } from './contract.ts';

/** Calls of one client: on a channel, to a person, or all of them. */
export type CallFilter =
  | { readonly channelId?: Types.ObjectId }
  | {
      readonly contactIds: readonly Types.ObjectId[];
      /** E.164, in every spelling. */
      readonly phoneNumbers: readonly string[];
      /** Business-scoped user ids. */
      readonly userIds: readonly string[];
    };

export interface ClosingDeps {
  /** The claims that are held now, each by its token; `messages/store/call-queries.ts` provides it. */
  findClaims(scope: ClientScope, calls: CallFilter): Promise<readonly string[]>;
}

/**
 * Resolves when no call can begin any more that has not seen a gate closed before: when every claim of that moment is
 * over, after `maxCloseMs` at the latest. A claim taken later sees the closed gate. The change that closes the gate must
 * be stored first.
 */
export type AwaitCalls = (scope: ClientScope, calls: CallFilter) => Promise<void>;

const pollMs = 25;

export const createAwaitCalls =
  ({ findClaims }: ClosingDeps): AwaitCalls =>
  async (scope, calls) => {
    const giveUpAtMs = performance.now() + maxCloseMs;
    let open = await findClaims(scope, calls);
    while (open.length > 0 && performance.now() < giveUpAtMs) {
      await sleep(pollMs);
      const held = new Set(await findClaims(scope, calls));
      open = open.filter((token) => held.has(token));
    }
  };
