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
  /** Takes the same time for a wrong password and for no hash at all, and is then false. */
  verify(password: string, passwordHash: string | undefined): Promise<boolean>;
  close(): Promise<void>;
}

/** OWASP's minimum for bcrypt; about 100 ms. */
const bcryptCost = 10;
const maxThreads = 4;
/** About ten seconds of work: who comes after that is told to come back. */
const maxWaitingPerThread = 100;

/** Hashes passwords in a pool of threads. */
export function createPasswords({ cost = bcryptCost }: { cost?: number } = {}): Passwords {
  const isSource = import.meta.url.endsWith('.ts');
  const threads = Math.max(1, Math.min(maxThreads, availableParallelism() - 1));
  const pool = new Piscina<PasswordTask, string | boolean>({
    filename: new URL(`./password-worker.${isSource ? 'ts' : 'js'}`, import.meta.url).href,
    name: 'runPasswordTask',
    minThreads: 1,
    maxThreads: threads,
    maxQueue: threads * maxWaitingPerThread,
    // The sources run through tsx, which a thread has to load for itself.
    ...(isSource
      ? { execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] }
      : { execArgv: [] }),
  });

  const run = async (task: PasswordTask): Promise<string | boolean> => {
    if (pool.queueSize >= pool.options.maxQueue)
      throw new AppError('overloaded', 'Too many people are signing in.', { retryAfterSeconds: 5 });
    return pool.run(task);
  };
  const hash = async (password: string): Promise<string> =>
    String(await run({ kind: 'hash', password, cost }));

  /** Stands in where there is no hash, so that an unknown account costs as much as a known one. */
  const nobody = hash(newSecret());
  nobody.catch(() => undefined);

  return {
    hash,
    async verify(password, passwordHash) {
      const isPossible = passwordHash !== undefined && passwordProblem(password) === undefined;
      const compared = isPossible ? { password, passwordHash } : { password: '', passwordHash: await nobody };
      const isSame = await run({ kind: 'compare', ...compared });
      return isPossible && isSame === true;
    },
    close: () => pool.destroy(),
  };
}
