import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Lower-case names of the benchmarks to run; empty runs all. */
  readonly names: readonly string[];
  readonly rounds: number;
  /** Messages of each round of B1, B9 and B11, and of B3. */
  readonly messages: number;
  /** Bulk messages of `priority`: `--messages` as well, but many more without it. */
  readonly bulkMessages: number;
  readonly inFlight: number;
  /** Webhook requests of each round of B4. */
  readonly requests: number;
  /** Requests for each page of each round of B5. */
  readonly reads: number;
  readonly openLoopSeconds: number;
  readonly idleSeconds: number;
  /** Writes of each round of B6. */
  readonly writes: number;
  /** Of `priority`: replies, how many of them arrive in a second, and the channel's limit. */
  readonly replies: number;
  readonly repliesPerSecond: number;
  readonly sendsPerSecond: number;
  /** Of `priority`: what its bulk is. */
  readonly category: 'marketing' | 'utility';
  /** Where API and worker write CPU profiles; they are not profiled without it. */
  readonly profileDir: string | null;
}

const defaultMessages = 200;
const defaultBulkMessages = 10_000;

const definitions = {
  rounds: { type: 'string', default: '5' },
  messages: { type: 'string' },
  'in-flight': { type: 'string', default: '50' },
  requests: { type: 'string', default: '8000' },
  reads: { type: 'string', default: '200' },
  'open-loop-seconds': { type: 'string', default: '6' },
  'idle-seconds': { type: 'string', default: '20' },
  writes: { type: 'string', default: '2000' },
  replies: { type: 'string', default: '100' },
  'replies-per-second': { type: 'string', default: '5' },
  'sends-per-second': { type: 'string', default: '20' },
  category: { type: 'string', default: 'marketing' },
  profile: { type: 'string' },
} as const;

/** Reads the command line; throws with a sentence about what is wrong. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: definitions,
    allowPositionals: true,
  });
  const whole = (
    name: Exclude<keyof typeof definitions, 'profile' | 'category'>,
    otherwise?: number,
  ): number => {
    const number = Number(values[name] ?? otherwise);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number from 1`);
    return number;
  };
  return {
    names: positionals.map((name) => name.toLowerCase()),
    rounds: whole('rounds'),
    messages: whole('messages', defaultMessages),
    bulkMessages: whole('messages', defaultBulkMessages),
    inFlight: whole('in-flight'),
    requests: whole('requests'),
    reads: whole('reads'),
    openLoopSeconds: whole('open-loop-seconds'),
    idleSeconds: whole('idle-seconds'),
    writes: whole('writes'),
    replies: whole('replies'),
    repliesPerSecond: whole('replies-per-second'),
    sendsPerSecond: whole('sends-per-second'),
    category: categoryOf(values.category),
    profileDir: values.profile ?? null,
  };
}

function categoryOf(text: string): BenchOptions['category'] {
  if (text === 'marketing' || text === 'utility') return text;
  throw new Error('--category must be marketing or utility');
}
