import type { AuthConfig } from '../config.ts';
import { type AttemptLimiter, createAttemptLimiter, type LockPolicy } from './limiter.ts';
import { AppError } from '../../platform/errors.ts';
import { sha256Hex } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { MongoConnection } from '../../platform/mongo.ts';
import { blockOf } from '../../platform/network.ts';

/*
 * Limits guessing without letting an attacker lock out the owner of an account.
 *
 * An attempt is counted before it is judged, so that concurrent guesses count too. There are three counters, and an
 * attempt that one refuses does not reach the next:
 *   1. by network (an IPv4 address, or the /64 of an IPv6 address): one machine that tries many accounts. For sign-ups
 *      also by the block around it (/24, /48), because whoever has one address may have many of them;
 *   2. by account and network: one machine that tries one account. It stops most guessing and affects no one else. A
 *      success resets it;
 *   3. by account: many machines that try one account. Counters 1 and 2 come first, so only several networks together
 *      reach it. Its lock is short and does not apply to networks from which the owner has signed in before: an
 *      attacker can lock an account for strangers, but not for its owner. A password reset resets it.
 * Each lock is twice as long as the previous one within a day, up to a limit; none is permanent. The account is the
 * address as typed, whether or not it exists, and every refusal is the same.
 */

const minute = 60;
const hour = 60 * minute;

const lock = (attempts: number, windowSeconds: number, maxLockSeconds: number): LockPolicy => ({
  attempts,
  windowSeconds,
  firstLockSeconds: minute,
  maxLockSeconds,
});

/** So many in a window, and then none until as much time has passed: a lock that grows would let more through. */
const quota = (attempts: number, windowSeconds: number): LockPolicy => ({
  attempts,
  windowSeconds,
  firstLockSeconds: windowSeconds,
  maxLockSeconds: windowSeconds,
});

interface ActionPolicies {
  readonly network: LockPolicy;
  readonly block?: LockPolicy;
  readonly pair?: LockPolicy;
  readonly account?: LockPolicy;
}

type GuardConfig = Pick<AuthConfig, 'signupsPerHour' | 'signupsPerDay'>;

const policiesOf = ({ signupsPerHour, signupsPerDay }: GuardConfig) =>
  ({
    login: {
      network: lock(100, 15 * minute, hour),
      pair: lock(10, 15 * minute, hour),
      account: lock(50, hour, 15 * minute),
    },
    signup: {
      network: quota(signupsPerHour, hour),
      block: quota(signupsPerDay, 24 * hour),
      account: lock(10, hour, 15 * minute),
    },
    // A locked-out owner already has ten mails with valid links.
    'forgot-password': { network: lock(30, hour, hour), account: lock(10, hour, 15 * minute) },
    // The account is the token of the link.
    'reset-password': { network: lock(50, 15 * minute, hour), account: lock(10, hour, hour) },
    'confirm-email': { network: lock(50, 15 * minute, hour), account: lock(10, hour, hour) },
    'request-confirmation': { network: lock(30, hour, hour), account: lock(5, hour, 15 * minute) },
    'confirm-email-change': { network: lock(50, 15 * minute, hour), account: lock(10, hour, hour) },
    // Counted for the user and for the new address, so twice for the network.
    'request-email-change': { network: lock(60, hour, hour), account: lock(5, hour, 15 * minute) },
    // The account is the session. Tokens cannot be guessed, and a whole office may share one network.
    refresh: { network: lock(3_000, 15 * minute, 15 * minute), account: lock(60, 5 * minute, 5 * minute) },
    // Each question for the current password, whatever is changed with it.
    'change-password': { network: lock(100, 15 * minute, hour), account: lock(10, 15 * minute, hour) },
    invite: { network: lock(200, hour, hour), account: lock(10, hour, hour) },
  }) as const satisfies Record<string, ActionPolicies>;

export type GuardedAction = keyof ReturnType<typeof policiesOf>;

export interface Attempting {
  /** As `networkOf` writes it. */
  readonly network: string;
  /** The target of the attempt; missing if not known yet. */
  readonly account?: string;
  /** Whether the account's owner has signed in from this network before; called only if the account is locked. */
  readonly isKnownNetwork?: () => Promise<boolean>;
}

export interface Attempt {
  /** Discounts this attempt, and the earlier ones on this account from this network. */
  succeeded(): Promise<void>;
}

export interface AttemptGuard {
  /** Counts an attempt; throws `too-many-requests`. */
  enter(action: GuardedAction, attempting: Attempting): Promise<Attempt>;
  /** Resets the counters of an account and of its pair with this network, because the owner has proved ownership. */
  reset(action: GuardedAction, account: string, network: string): Promise<void>;
}

interface GuardOptions {
  readonly connection: MongoConnection;
  readonly config: GuardConfig;
  readonly logger: Logger;
}

interface ActionLimiters {
  readonly network: AttemptLimiter;
  readonly block: AttemptLimiter | undefined;
  readonly pair: AttemptLimiter | undefined;
  readonly account: AttemptLimiter | undefined;
}

export function createAttemptGuard({ connection, config, logger }: GuardOptions): AttemptGuard {
  const log = logger.child({ part: 'guard' });
  const policies: Readonly<Record<GuardedAction, ActionPolicies>> = policiesOf(config);
  const made = new Map<GuardedAction, ActionLimiters>();
  const limitersOf = (action: GuardedAction): ActionLimiters => {
    const limiters = made.get(action) ?? createLimiters(action, policies[action], connection);
    made.set(action, limiters);
    return limiters;
  };

  const refuse = (action: GuardedAction, by: keyof ActionLimiters, retryAfterSeconds: number): never => {
    log.warn({ action, by, retryAfterSeconds }, 'attempt refused');
    throw new AppError('too-many-requests', 'There were too many attempts. Try again later.', {
      retryAfterSeconds,
    });
  };

  return {
    async enter(action, { network, account, isKnownNetwork = async () => false }) {
      const by = limitersOf(action);
      const keys = keysOf(network, account);
      const networkWait = await by.network.take(keys.network);
      if (networkWait !== undefined) refuse(action, 'network', networkWait);
      const blockWait = await by.block?.take(keys.block);
      if (blockWait !== undefined) refuse(action, 'block', blockWait);
      if (keys.account === undefined) return { succeeded: () => by.network.giveBack(keys.network) };
      const pairWait = await by.pair?.take(keys.pair);
      if (pairWait !== undefined) refuse(action, 'pair', pairWait);
      const accountWait = await by.account?.take(keys.account);
      if (accountWait !== undefined && !(await isKnownNetwork())) refuse(action, 'account', accountWait);
      const { account: accountKey } = keys;
      return {
        async succeeded() {
          await Promise.all([
            by.network.giveBack(keys.network),
            by.pair?.forget(keys.pair),
            by.account?.giveBack(accountKey),
          ]);
        },
      };
    },

    async reset(action, account, network) {
      const by = limitersOf(action);
      const keys = keysOf(network, account);
      await Promise.all([by.account?.forget(sha256Hex(account)), by.pair?.forget(keys.pair)]);
    },
  };
}

function createLimiters(
  action: GuardedAction,
  { network, block, pair, account }: ActionPolicies,
  connection: MongoConnection,
): ActionLimiters {
  const limiterOf = (by: keyof ActionPolicies, policy: LockPolicy) =>
    createAttemptLimiter({ name: `${action}:${by}`, policy, connection });
  return {
    network: limiterOf('network', network),
    block: block && limiterOf('block', block),
    pair: pair && limiterOf('pair', pair),
    account: account && limiterOf('account', account),
  };
}

/** Hashed, so that the stored counters reveal no e-mail or network addresses. */
const keysOf = (network: string, account: string | undefined) => ({
  network: sha256Hex(network),
  block: sha256Hex(blockOf(network)),
  pair: sha256Hex(`${network}|${account ?? ''}`),
  account: account === undefined ? undefined : sha256Hex(account),
});
