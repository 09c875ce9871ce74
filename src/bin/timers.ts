import { systemClock } from '../platform/clock.ts';
import { loadMongoConfig } from '../platform/config.ts';
import { connectMongo } from '../platform/mongo.ts';
import { buildFailedTimers } from '../timers/build.ts';
import { exitCodes, readCommand, runCommand, usage, type TimerCommand } from '../timers/commands.ts';

async function run(command: TimerCommand): Promise<number> {
  const { uri } = loadMongoConfig();
  const mongo = await connectMongo({ uri: uri.reveal(), appName: 'timers', maxPoolSize: 2 });
  try {
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    return await runCommand(command, { timers: buildFailedTimers(mongo), clock: systemClock, print });
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
