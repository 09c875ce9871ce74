import { parseArgs } from 'node:util';
import { maxSeed, randomSeed } from './random.ts';

interface NumberBounds {
  /** Of an option that was not given. */
  readonly default: number;
  /** 0 unless told otherwise. */
  readonly min?: number;
  readonly max: number;
}

export interface OptionReader<Name extends string> {
  isGiven(name: Name): boolean;
  /** A whole number; throws with a sentence when it is none or out of bounds. */
  number(name: Name, bounds: NumberBounds): number;
  /** Null when it was not given. */
  text(name: Name): string | null;
  /** The one that was given, or a random one. */
  seed(): number;
}

/** Reads `--name value` for these names and `--seed`; throws with a sentence when there is any other argument. */
export function openOptions<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): OptionReader<Name> {
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(['seed', ...names].map((name) => [name, { type: 'string' as const }])),
  });
  const read = (name: string, { default: byDefault, min = 0, max }: NumberBounds): number => {
    const text = values[name];
    if (text === undefined) return byDefault;
    const value = Number(text);
    if (typeof text !== 'string' || !/^\d{1,10}$/.test(text) || value < min || value > max)
      throw new Error(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
    return value;
  };
  return {
    isGiven: (name) => values[name] !== undefined,
    number: read,
    text(name) {
      const value = values[name];
      return typeof value === 'string' ? value : null;
    },
    seed: () => read('seed', { default: randomSeed(), max: maxSeed }),
  };
}

export const asksForHelp = (args: readonly string[]): boolean =>
  args.includes('--help') || args.includes('-h');

/** The command that repeats a run: its own arguments, with the seed that was drawn. */
export function repeatCommand(name: string, args: readonly string[], seed: number): string {
  const hasSeed = args.some((argument) => argument === '--seed' || argument.startsWith('--seed='));
  return ['npm run', name, '--', ...args, ...(hasSeed ? [] : ['--seed', seed])].join(' ');
}
