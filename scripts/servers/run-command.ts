import { execFile } from 'node:child_process';

interface CommandResult {
  /** The exit code, or the reason why there is none: the program was not found, was killed, or timed out. */
  readonly code: number | string;
  readonly output: string;
}

/** Runs a program to its end and returns its output; never throws. */
export function runCommand(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: timeoutMs, maxBuffer: 8_000_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else resolve({ code: error.code ?? error.signal ?? 'failed', output: output || error.message });
    });
  });
}
