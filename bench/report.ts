import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { rootDir } from '../scripts/paths.ts';
import { gradeOf, type RatioSummary, type Targets } from './stats.ts';

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** One line: the figure, its spread over the rounds, and the target it reaches. */
export function describeRatio(name: string, ratio: RatioSummary, targets: Targets): string {
  const { median, lowest, highest, rounds } = ratio;
  const spread = `${lowest.toFixed(2)}–${highest.toFixed(2)} in ${rounds.length} rounds`;
  return `${name}: ${median.toFixed(2)} (${spread}) → ${describeGrade(median, targets)}`;
}

export function describeGrade(value: number, targets: Targets): string {
  const { floor, goal, moonshot } = targets;
  return `${gradeOf(value, targets)} (floor ${floor}, goal ${goal}, moonshot ${moonshot})`;
}

/** The class of the machine, without its name. */
const machine = () => ({
  cpus: availableParallelism(),
  memoryGib: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform}-${process.arch}`,
  node: process.version,
});

/** Writes the figures of one benchmark as JSON; returns the file. */
export async function writeResult(name: string, result: object): Promise<string> {
  const folder = join(rootDir, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const content = { name, at: new Date().toISOString(), machine: machine(), ...result };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
