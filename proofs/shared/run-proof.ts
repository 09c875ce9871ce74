import { withElapsedTime, type Log } from './log.ts';
import { asksForHelp, repeatCommand } from './options.ts';

interface Proof<Options, Report> {
  /** Of the command: `npm run <name>`. */
  readonly name: string;
  readonly usage: string;
  /** Throws with a sentence when the arguments are wrong. */
  readOptions(args: readonly string[]): Options;
  run(options: Options, log: Log): Promise<Report>;
  format(report: Report): string;
}

/** Runs a proof as a command: prints how to repeat it and its report; exits with 1 when something was violated. */
export async function runProof<
  Options extends { readonly seed: number },
  Report extends { readonly violations: readonly string[] },
>(proof: Proof<Options, Report>): Promise<void> {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) return console.log(proof.usage);
  process.exitCode = 1;
  try {
    const options = readOptionsOf(proof, args);
    if (options === null) return;
    console.log(`seed ${options.seed}; to repeat: ${repeatCommand(proof.name, args, options.seed)}`);
    const report = await proof.run(options, withElapsedTime(console.log));
    console.log(`\n${proof.format(report)}`);
    process.exitCode = report.violations.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(error);
  }
}

function readOptionsOf<Options>(
  { usage, readOptions }: Pick<Proof<Options, never>, 'usage' | 'readOptions'>,
  args: readonly string[],
): Options | null {
  try {
    return readOptions(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}
