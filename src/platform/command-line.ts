import { Types } from 'mongoose';
import { givenNames, loadMongoConfig } from './config.ts';
import { connectMongo, type MongoConnection } from './mongo.ts';

export const exitCodes = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** Prints one whole line. */
export type Print = (line: string) => void;

export interface CommandLine<Command> {
  /** The name of the command, which the database shows for its connections. */
  readonly name: string;
  readonly usage: string;
  /** The parsed command, or null if the arguments are not valid. */
  readonly read: (args: readonly string[]) => Command | null;
  /** Runs the command and returns its exit code. */
  readonly run: (command: Command, deps: { mongo: MongoConnection; print: Print }) => Promise<number>;
}

/** Runs a command of the operators against the database, as the whole of a process. */
export async function runCommandLine<Command>(line: CommandLine<Command>): Promise<void> {
  const command = line.read(process.argv.slice(2));
  if (command === null) {
    process.stderr.write(line.usage);
    process.exitCode = exitCodes.wrongUsage;
    return;
  }
  process.exitCode = await runWithMongo(line, command).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.failed;
  });
}

async function runWithMongo<Command>(line: CommandLine<Command>, command: Command): Promise<number> {
  const { uri } = loadMongoConfig();
  const isGiven = givenNames().includes('MONGODB_URI');
  // Beside `npm start` on other ports, another product's database may answer there.
  if (!isGiven) process.stderr.write(`warning: MONGODB_URI is not set; looking at ${uri.reveal()}\n`);
  const mongo = await connectMongo({ uri: uri.reveal(), appName: line.name, maxPoolSize: 2 }).catch(
    (error: unknown) => {
      throw new Error(describeSilence(line.name, { isGiven, error }), { cause: error });
    },
  );
  try {
    return await line.run(command, { mongo, print: (text) => void process.stdout.write(`${text}\n`) });
  } finally {
    await mongo.close();
  }
}

/** What to do if the database does not answer. The address stays out of it: it may hold a password. */
export function describeSilence(
  name: string,
  { isGiven, error }: { readonly isGiven: boolean; readonly error: unknown },
): string {
  const why = error instanceof Error ? error.message : String(error);
  if (isGiven) return `The database of MONGODB_URI does not answer: ${why}`;
  return `MONGODB_URI is not set, and no database answers at the default address: ${why}
Set MONGODB_URI to the address of the product's database. While npm start runs, .data/stack.json has it:
  MONGODB_URI="$(node -p 'require("./.data/stack.json").mongo')" npm run ${name} -- …`;
}

/** What `<id>` or `all` names: an id, null for all, undefined for neither. */
export function readTarget(text: string): Types.ObjectId | null | undefined {
  if (text === 'all') return null;
  return /^[0-9a-f]{24}$/.test(text) ? Types.ObjectId.createFromHexString(text) : undefined;
}

const columnWidth = 24;

export const formatRow = (cells: readonly string[]): string =>
  cells
    .map((cell) => cell.padEnd(columnWidth))
    .join('  ')
    .trimEnd();
