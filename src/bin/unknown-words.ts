import { loadMongoConfig } from '../platform/config.ts';
import { connectMongo } from '../platform/mongo.ts';
import { buildUnknownWordStore } from '../webhooks/build.ts';
import { exitCodes } from '../webhooks/dead-letters.ts';
import { listUnknownWords, unknownWordsUsage } from '../webhooks/unknown-words/command.ts';

async function run(): Promise<void> {
  const { uri } = loadMongoConfig();
  const mongo = await connectMongo({ uri: uri.reveal(), appName: 'unknown-words', maxPoolSize: 2 });
  try {
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    await listUnknownWords({ words: buildUnknownWordStore(mongo), print });
  } finally {
    await mongo.close();
  }
}

if (process.argv.length > 2) {
  process.stderr.write(unknownWordsUsage);
  process.exitCode = exitCodes.wrongUsage;
} else {
  await run().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodes.failed;
  });
}
