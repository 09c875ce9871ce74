import { buildRecords } from '../app/events.ts';
import { buildAuditTools } from '../audit/build.ts';
import { readCommand, runCommand, usage } from '../audit/chain/commands.ts';
import { credentialsConfig } from '../channels/config.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { runCommandLine } from '../platform/command-line.ts';
import { loadConfigOf } from '../platform/config.ts';

await runCommandLine({
  name: 'audit-chain',
  usage,
  read: readCommand,
  run(command, { mongo, print }) {
    const { key } = loadConfigOf(credentialsConfig);
    const { audit } = buildRecords({ mongo, clock });
    const tools = buildAuditTools({ mongo, audit, key, clock });
    return runCommand(command, { ...tools, print });
  },
});
