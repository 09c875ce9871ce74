import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export type SlowDisk =
  | { readonly kind: 'slow'; stop(): Promise<void> }
  /** Why this machine cannot do it, as a sentence. */
  | { readonly kind: 'impossible'; readonly why: string };

const attachTimeoutMs = 10_000;

/**
 * Makes every `fdatasync` of a process last `delayMs` longer, like a slow disk that does not cheat. Needs strace and
 * the permission to trace; strace also interrupts every other system call briefly, so rates under it compare only
 * with each other.
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
    // strace detaches and ends; the process continues.
    strace.kill('SIGINT');
    await exited;
  };
  if (problem === null) return { kind: 'slow', stop };
  await stop();
  return { kind: 'impossible', why: problem };
}

/** Null when it is attached. */
function findProblem(strace: ChildProcess): Promise<string | null> {
  let output = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`strace did not attach: ${output.trim()}`), attachTimeoutMs);
    const settle = (problem: string | null) => {
      clearTimeout(timer);
      resolve(problem);
    };
    strace.once('error', (error) => settle(`strace cannot be started: ${error.message}`));
    // Must be read until it ends: strace also reports every new thread.
    strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = `${output}${text}`.slice(-2_000);
      if (/ attached/.test(output)) settle(null);
    });
    void once(strace, 'exit').then(
      () => settle(`strace ended: ${output.trim()}`),
      () => undefined,
    );
  });
}
