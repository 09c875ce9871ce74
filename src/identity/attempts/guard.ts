import type { AuthConfig } from '../config.ts';
import { type AttemptLimiter, createAttemptLimiter, type LockPolicy } from './limiter.ts';
import { AppError } from '../../platform/errors.ts';
import { sha256Hex } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { MongoConnection } from '../../platform/mongo.ts';

/*
 * How guessing is stopped without giving anybody a way to lock others out.
 *
 * Attempts are counted before they are judged, so that guesses at the same time count too. Three counts stand in a
 * row, and an attempt that one of them refuses is not seen by the next:
 *   1. by address (IPv4, or the /64 of IPv6): one machine that tries many accounts;
 *   2. by account and address: one machine that tries one account. This is where most guessing ends, and it touches
 *      nobody else. A success forgets it;
 *   3. by account: many machines that try one account. Since 1 and 2 come first, it takes several addresses to get
 *      here. Its lock is short, and it does not apply where the account's owner has signed in before: an attacker
 *      can keep an account locked for strangers, but not for its owner at home. A reset of the password, which the
 *      owner can always ask for, forgets it.
 * Every lock is twice as long as the one before it within a day, up to a limit; none is permanent. Accounts are
 * counted by the address that was typed, whether or not it exists, and every refusal looks the same.
 */

const minute = 60;
const hour = 60 * minute;

const lock = (attempts: number, windowSeconds: number, maxLockSeconds: number): LockPolicy => ({
  attempts,
  windowSeconds,
  firstLockSeconds: minute,
  maxLockSeconds,
});

interface ActionPolicies {
  readonly network: LockPolicy;
  readonly pair?: LockPolicy;
  readonly account?: LockPolicy;
}

const policiesOf = ({ signupsPerHour }: Pick<AuthConfig, 'signupsPerHour'>) =>
  ({
    login: {
      network: lock(100, 15 * minute, hour),
      pair: lock(10, 15 * minute, hour),
      account: lock(50, hour, 15 * minute),
    },
    signup: { network: lock(signupsPerHour, hour, hour), account: lock(10, hour, 15 * minute) },
    // Somebody who is locked out here has ten mails with working links in the inbox.
    'forgot-password': { network: lock(30, hour, hour), account: lock(10, hour, 15 * minute) },
    // The account is the link.
    'reset-password': { network: lock(50, 15 * minute, hour), account: lock(10, hour, hour) },
    // The account is the session. Nobody guesses such tokens; a whole office may come from one address.
    refresh: { network: lock(3_000, 15 * minute, 15 * minute), account: lock(60, 5 * minute, 5 * minute) },
    'change-password': { network: lock(100, 15 * minute, hour), account: lock(10, 15 * minute, hour) },
    invite: { network: lock(200, hour, hour), account: lock(10, hour, hour) },
  }) as const satisfies Record<string, ActionPolicies>;

export type GuardedAction = keyof ReturnType<typeof policiesOf>;

export interface Attempting {
  /** As `networkOf` writes it. */
  readonly network: string;
  /** What is attempted on; none when that is not known yet. */
  readonly account?: string;
  /** Whether the account's owner has been here before; asked only when the account is locked. */
  readonly isKnownNetwork?: () => Promise<boolean>;
}

export interface Attempt {
  /** The attempt was no guess: it does not count, and neither do those before it on this account from here. */
  succeeded(): Promise<void>;
}

export interface AttemptGuard {
  /** Counts an attempt; throws `too-many-requests`. */
  enter(action: GuardedAction, attempting: Attempting): Promise<Attempt>;
  /** Forgets what was counted of an account, from everywhere and from here: its owner has proved to be the owner. */
  absolve(action: GuardedAction, account: string, network: string): Promise<void>;
}

interface GuardOptions {
  readonly connection: MongoConnection;
  readonly config: Pick<AuthConfig, 'signupsPerHour'>;
  readonly logger: Logger;
}

interface ActionLimiters {
  readonly network: AttemptLimiter;
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
    log.warn({ action, by, retryAfterSeconds }, 'too many attempts');
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

    async absolve(action, account, network) {
      const by = limitersOf(action);
      const keys = keysOf(network, account);
      await Promise.all([by.account?.forget(sha256Hex(account)), by.pair?.forget(keys.pair)]);
    },
  };
}

function createLimiters(
  action: GuardedAction,
  { network, pair, account }: ActionPolicies,
  connection: MongoConnection,
): ActionLimiters {
  const limiterOf = (by: keyof ActionPolicies, policy: LockPolicy) =>
    createAttemptLimiter({ name: `${action}:${by}`, policy, connection });
  return {
    network: limiterOf('network', network),
    pair: pair && limiterOf('pair', pair),
    account: account && limiterOf('account', account),
  };
}

/** Hashed: neither addresses of people nor of machines need to be readable among the counts. */
const keysOf = (network: string, account: string | undefined) => ({
  network: sha256Hex(network),
  pair: sha256Hex(`${network}|${account ?? ''}`),
  account: account === undefined ? undefined : sha256Hex(account),
});
