import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { rootDir } from '../paths.ts';
import type { FileResult, FromShard, ToShard } from './messages.ts';
import { createFileQueue, type FileQueue } from './queue.ts';

export interface ShardsOptions {
  readonly files: readonly string[];
  /** How many processes run at once. */
  readonly count: number;
  /** Options for mocha, applied to every file. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly isBail: boolean;
  readonly signal: AbortSignal;
  /** Called after each file. */
  readonly onResult: (result: FileResult) => void;
}

export interface ShardsOutcome {
  readonly results: readonly FileResult[];
  /** Problems outside the tests: a process that crashed or did not exit. */
  readonly problems: readonly string[];
}

interface Shard {
  readonly child: ChildProcess;
  file: string | undefined;
  isEnding: boolean;
}

/** Runs the files in several processes; resolves when all of them have ended. */
export function runShards(options: ShardsOptions): Promise<ShardsOutcome> {
  const queue = createFileQueue(options.files);
  const results: FileResult[] = [];
  const problems: string[] = [];
  const shards = new Set<Shard>();

  return new Promise((resolve) => {
    const stop = () => {
      queue.clear();
      for (const { child } of shards) child.kill('SIGTERM');
    };
    options.signal.addEventListener('abort', stop);

    function start(): void {
      const shard: Shard = { child: startShard(options), file: undefined, isEnding: false };
      shards.add(shard);
      shard.child.on('message', (message: FromShard) => {
        if (message.kind === 'result') handleResult(shard, message.result);
        else problems.push(stillOpen(message));
      });
      shard.child.once('exit', (code, signal) => handleExit(shard, code ?? signal ?? 'unknown'));
    }

    function handleResult(shard: Shard, result: FileResult): void {
      shard.file = undefined;
      queue.done(result.file);
      results.push(result);
      options.onResult(result);
      if (options.isBail && result.failures > 0) queue.clear();
      handOut(queue, shards);
    }

    function handleExit(shard: Shard, how: number | string): void {
      shards.delete(shard);
      if (shard.file !== undefined) queue.done(shard.file);
      if (!shard.isEnding && !options.signal.aborted) {
        const where = shard.file ?? 'between two files';
        problems.push(`a test process ended (${how}) before it reported its tests: ${where}`);
        if (!queue.isEmpty()) start();
      }
      handOut(queue, shards);
      if (shards.size > 0) return;
      options.signal.removeEventListener('abort', stop);
      resolve({ results, problems });
    }

    for (let number = 0; number < Math.min(options.count, options.files.length); number += 1) start();
    handOut(queue, shards);
  });
}

const stillOpen = ({ resources, files }: Extract<FromShard, { kind: 'still-open' }>): string =>
  `open resources kept a test process alive: ${resources.join(', ')}; more was open after ${files.join(', ')}`;

function startShard({ args, env }: ShardsOptions): ChildProcess {
  return fork(join(rootDir, 'scripts', 'test', 'shard.ts'), args, {
    cwd: rootDir,
    execArgv: ['--import=tsx/esm'],
    env: { ...process.env, ...env },
  });
}

/** Gives every idle process its next file, or ends it if none is left. */
function handOut(queue: FileQueue, shards: ReadonlySet<Shard>): void {
  for (const shard of shards) {
    if (shard.file !== undefined || shard.isEnding) continue;
    shard.file = queue.take();
    if (shard.file !== undefined) sendTo(shard, { kind: 'run', file: shard.file });
    else if (queue.isEmpty()) {
      shard.isEnding = true;
      sendTo(shard, { kind: 'end' });
    }
  }
}

function sendTo({ child }: Shard, message: ToShard): void {
  // The exit event handles a process that has died meanwhile.
  if (child.connected) child.send(message, () => undefined);
}
