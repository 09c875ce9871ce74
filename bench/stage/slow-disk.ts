import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export type SlowDisk =
  | { readonly kind: 'slow'; stop(): Promise<void> }
  /** Why this machine cannot do it, as a sentence. */
  | { readonly kind: 'impossible'; readonly why: string };

const attachTimeoutMs = 10_000;

/**
 * Makes every `fdatasync` of a process last `delayMs` longer, as on a disk that is honest about being slow. It needs
 * strace and the right to trace; strace also stops every other system call of the process for a moment, so rates
 * under it compare only with each other.
 */
export async function slowDownSyncs(pid: number, delayMs: number): Promise<SlowDisk> {
  const inject = `inject=fdatasync:delay_enter=${delayMs * 1_000}`;
  const args = ['-f', '-p', String(pid), '-e', 'trace=fdatasync', '-e', inject, '-o', '/dev/null'];
  const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((resolve) => {
    strace.once('error', () => resolve());
    strace.once('exit', () => resolve());
  });
  const problem = await findProblem(strace);
  const stop = async () => {
    // Lets go of the process and ends; the process goes on.
    strace.kill('SIGINT');
    await exited;
  };
  if (problem === null) return { kind: 'slow', stop };
  await stop();
  return { kind: 'impossible', why: problem };
}

/** Null once it holds the process. */
function findProblem(strace: ChildProcess): Promise<string | null> {
  let told = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`strace did not attach: ${told.trim()}`), attachTimeoutMs);
    const settle = (problem: string | null) => {
      clearTimeout(timer);
      resolve(problem);
    };
    strace.once('error', (error) => settle(`strace cannot be started: ${error.message}`));
    // Read to its end, also later: it tells of every new thread.
    strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told = `${told}${text}`.slice(-2_000);
      if (/ attached/.test(told)) settle(null);
    });
    void once(strace, 'exit').then(
      () => settle(`strace ended: ${told.trim()}`),
      () => undefined,
    );
  });
}
