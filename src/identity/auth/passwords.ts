import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Piscina } from 'piscina';
import { AppError } from '../../platform/errors.ts';
import { newSecret } from '../../platform/ids.ts';
import type { PasswordTask } from './password-worker.ts';
import { passwordProblem } from './rules.ts';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** False for a wrong password and, after the same time, for a missing hash. */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
  close(): Promise<void>;
}

/** OWASP's minimum for bcrypt; about 100 ms. */
const bcryptCost = 10;
const maxThreads = 4;
/** About ten seconds of work; further requests get `overloaded`. */
const maxWaitingPerThread = 100;

/** Hashes and verifies passwords in a pool of threads. */
export function createPasswords({ cost = bcryptCost }: { cost?: number } = {}): Passwords {
  const isSource = import.meta.url.endsWith('.ts');
  const threads = Math.max(1, Math.min(maxThreads, availableParallelism() - 1));
  const pool = new Piscina<PasswordTask, string | boolean>({
    filename: new URL(`./password-worker.${isSource ? 'ts' : 'js'}`, import.meta.url).href,
    name: 'runPasswordTask',
    minThreads: 1,
    maxThreads: threads,
    maxQueue: threads * maxWaitingPerThread,
    // When run from source, each thread must load tsx itself.
    ...(isSource
      ? { execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] }
      : { execArgv: [] }),
  });

  const run = async (task: PasswordTask): Promise<string | boolean> => {
    if (pool.queueSize >= pool.options.maxQueue)
      throw new AppError('overloaded', 'Too many sign-ins are in progress.', { retryAfterSeconds: 5 });
    return pool.run(task);
  };
  const hash = async (password: string): Promise<string> =>
    String(await run({ kind: 'hash', password, cost }));

  /** Compared with if an account has no hash, so that an unknown account costs as much time as a known one. */
  const decoyHash = hash(newSecret());
  decoyHash.catch(() => undefined);

  return {
    hash,
    async verify(password, passwordHash) {
      const isPossible = passwordHash !== undefined && passwordProblem(password) === undefined;
      const compared = isPossible
        ? { password, passwordHash }
        : { password: '', passwordHash: await decoyHash };
      const isSame = await run({ kind: 'compare', ...compared });
      return isPossible && isSame === true;
    },
    close: () => pool.destroy(),
  };
}
