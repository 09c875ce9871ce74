import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Lower-case names of the benchmarks to run; all if empty. */
  readonly names: readonly string[];
  readonly rounds: number;
  /** Messages per round of B1, B9 and B11, and of B3. */
  readonly messages: number;
  /** Bulk messages of `priority`: also `--messages`, but with a much higher default. */
  readonly bulkMessages: number;
  readonly inFlight: number;
  /** Webhook requests per round of B4. */
  readonly requests: number;
  /** Requests per page and round of B5. */
  readonly reads: number;
  /** The most stored messages of B8: 10,000, 100,000 or 1,000,000. */
  readonly stored: number;
  /** Streams of live events of B10. */
  readonly streams: number;
  /** Rows of each file of B13. */
  readonly rows: number;
  readonly openLoopSeconds: number;
  readonly idleSeconds: number;
  /** Writes per round of B6. */
  readonly writes: number;
  /** For `priority`: the number of replies, their rate per second, and the channel's limit. */
  readonly replies: number;
  readonly repliesPerSecond: number;
  readonly sendsPerSecond: number;
  /** For `priority`: the category of its bulk messages. */
  readonly category: 'marketing' | 'utility';
  /** The folder for CPU profiles of API and worker; without it they are not profiled. */
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
  stored: { type: 'string', default: '10000' },
  streams: { type: 'string', default: '5000' },
  rows: { type: 'string', default: '10000' },
  'open-loop-seconds': { type: 'string', default: '6' },
  'idle-seconds': { type: 'string', default: '20' },
  writes: { type: 'string', default: '2000' },
  replies: { type: 'string', default: '100' },
  'replies-per-second': { type: 'string', default: '5' },
  'sends-per-second': { type: 'string', default: '20' },
  category: { type: 'string', default: 'marketing' },
  profile: { type: 'string' },
} as const;

/** Parses the command line; throws with a sentence that names the error. */
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
    stored: whole('stored'),
    streams: whole('streams'),
    rows: whole('rows'),
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
