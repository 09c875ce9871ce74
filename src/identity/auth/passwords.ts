import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import { AppError } from '../../platform/errors.ts';
import { createFairQueue } from '../../platform/fair-queue.ts';
import { newSecret } from '../../platform/ids.ts';
import { blockOf } from '../../platform/network.ts';
import type { PasswordTask } from './password-worker.ts';
import { passwordProblem } from './rules.ts';

export interface Passwords {
  /** Throws `too-many-requests` if the network of the caller has too many in progress, and `overloaded`. */
  hash(password: string, network: string): Promise<string>;
  /** False for a wrong password and, after the same time, for a missing hash. Throws as `hash` does. */
  verify(password: string, passwordHash: string | undefined, network: string): Promise<boolean>;
  close(): Promise<void>;
}

const maxThreads = 4;
/** About ten seconds of work; further requests get `overloaded`. */
const maxWaitingPerThread = 100;
/** About two seconds of work for one block of networks: more log-ins than an office begins in that time. */
const maxOfNetworkPerThread = 20;

const refusals = {
  key: () =>
    new AppError('too-many-requests', 'Too many sign-ins from this network are in progress.', {
      retryAfterSeconds: 2,
    }),
  all: () => new AppError('overloaded', 'Too many sign-ins are in progress.', { retryAfterSeconds: 5 }),
};

/** Hashes and verifies passwords with bcrypt of this cost, in a pool of threads; the blocks of networks of the callers take turns. */
export function createPasswords({ cost }: { readonly cost: number }): Passwords {
  const isSource = import.meta.url.endsWith('.ts');
  const threads = Math.max(1, Math.min(maxThreads, availableParallelism() - 1));
  const pool = new Piscina<PasswordTask, string | boolean>({
    filename: new URL(`./password-worker.${isSource ? 'ts' : 'js'}`, import.meta.url).href,
    name: 'runPasswordTask',
    minThreads: 1,
    maxThreads: threads,
    // When run from source, each thread must load tsx itself.
    ...(isSource
      ? { execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] }
      : { execArgv: [] }),
  });

  const queue = createFairQueue({
    maxRunning: threads,
    maxWaiting: threads * maxWaitingPerThread,
    maxPerKey: threads * maxOfNetworkPerThread,
    refusal: (reason) => refusals[reason](),
  });
  const run = (task: PasswordTask, network: string): Promise<string | boolean> =>
    // Whoever has one address often has the block around it: its networks share one turn.
    queue.run(blockOf(network), () => pool.run(task));
  const hash = async (password: string, network: string): Promise<string> =>
    String(await run({ kind: 'hash', password, cost }, network));

  /** Compared with if an account has no hash, so that an unknown account costs as much time as a known one. */
  const decoyHash = hash(newSecret(), 'the product itself');
  decoyHash.catch(() => undefined);

  return {
    hash,
    async verify(password, passwordHash, network) {
      const isPossible = passwordHash !== undefined && passwordProblem(password) === undefined;
      const compared = isPossible
        ? { password, passwordHash }
        : { password: '', passwordHash: await decoyHash };
      const isSame = await run({ kind: 'compare', ...compared }, network);
      return isPossible && isSame === true;
    },
    close: () => pool.destroy(),
  };
}
