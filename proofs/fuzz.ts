import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readCorpus } from './fuzz/corpus.ts';
import { faultsOf, runFuzz, type FuzzOptions, type FuzzReport } from './fuzz/run.ts';
import { readNumber } from './read-number.ts';

const usage = `Gives the webhook parser and the signature check real bodies that were damaged by chance.

  npm run fuzz -- [--seconds 600] [--executions 1000000] [--seed 12345]

Ends when both the time and the number are reached. Exits with 1 when something was thrown, a forged signature was
accepted, a genuine one refused, or a body took very long to read.
`;

const largestSeed = 2 ** 32 - 1;

function readFuzzOptions(args: readonly string[]): FuzzOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, seconds: { type: 'string' }, executions: { type: 'string' } },
  });
  return {
    seed: readNumber('seed', values.seed ?? String(randomInt(largestSeed)), largestSeed),
    seconds: readNumber('seconds', values.seconds ?? '600', 86_400),
    executions: readNumber('executions', values.executions ?? '1000000', 1_000_000_000),
  };
}

function print(report: FuzzReport): void {
  const kinds = [...report.items].toSorted(([, a], [, b]) => b - a);
  console.log(`executions          ${report.executions} in ${report.seconds.toFixed(1)} s`);
  console.log(`items               ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  console.log(`uncaught            ${report.uncaught.length}`);
  console.log(`forged, accepted    ${report.forged.length}`);
  console.log(`genuine, refused    ${report.refused.length}`);
  console.log(`slow twice          ${report.slow.length} (slowest ${report.slowestMs.toFixed(1)} ms)`);
  for (const fault of faultsOf(report)) console.log(`  ${fault}`);
}

try {
  const options = readFuzzOptions(process.argv.slice(2));
  console.log(`seed ${options.seed}`);
  const report = runFuzz(options, await readCorpus());
  print(report);
  process.exitCode = faultsOf(report).length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`\n${usage}`);
  process.exitCode = 1;
}
