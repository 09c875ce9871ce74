import { systemClock } from '../platform/clock.ts';
import { runCommandLine } from '../platform/command-line.ts';
import { buildDeadLetters } from '../webhooks/build.ts';
import { readCommand, runCommand, usage } from '../webhooks/dead-letters.ts';

await runCommandLine({
  name: 'dead-letters',
  usage,
  read: readCommand,
  run: (command, { mongo, print }) =>
    runCommand(command, { deadLetters: buildDeadLetters(mongo), clock: systemClock, print }),
});
