import { exitCodes, runCommandLine } from '../platform/command-line.ts';
import { buildUnknownWordStore } from '../webhooks/build.ts';
import { listUnknownWords, unknownWordsUsage } from '../webhooks/unknown-words/command.ts';

await runCommandLine({
  name: 'unknown-words',
  usage: unknownWordsUsage,
  read: (args) => (args.length === 0 ? {} : null),
  async run(_command, { mongo, print }) {
    await listUnknownWords({ words: buildUnknownWordStore(mongo), print });
    return exitCodes.done;
  },
});
