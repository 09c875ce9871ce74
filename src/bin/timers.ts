import { systemClock } from '../platform/clock.ts';
import { runCommandLine } from '../platform/command-line.ts';
import { buildFailedTimers } from '../timers/build.ts';
import { readCommand, runCommand, usage } from '../timers/commands.ts';

await runCommandLine({
  name: 'timers',
  usage,
  read: readCommand,
  run: (command, { mongo, print }) =>
    runCommand(command, { timers: buildFailedTimers(mongo), clock: systemClock, print }),
});
