import { systemClock } from '../platform/clock.ts';
import { loadMongoConfig } from '../platform/config.ts';
import { connectMongo } from '../platform/mongo.ts';
import { buildDeadLetters } from '../webhooks/build.ts';
import {
  exitCodes,
  readCommand,
  runCommand,
  usage,
  type DeadLetterCommand,
} from '../webhooks/dead-letters.ts';

async function run(command: DeadLetterCommand): Promise<number> {
  const { uri } = loadMongoConfig();
  const mongo = await connectMongo({ uri: uri.reveal(), appName: 'dead-letters', maxPoolSize: 2 });
  try {
    const deadLetters = buildDeadLetters(mongo);
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    return await runCommand(command, { deadLetters, clock: systemClock, print });
  } finally {
    await mongo.close();
  }
}

const command = readCommand(process.argv.slice(2));
if (command === null) {
  process.stderr.write(usage);
  process.exitCode = exitCodes.wrongUsage;
} else {
  process.exitCode = await run(command).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.failed;
  });
}
