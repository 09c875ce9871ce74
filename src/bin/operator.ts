import { buildAudit } from '../audit/build.ts';
import { buildClients, buildOperatorAccesses, buildUsers } from '../identity/build.ts';
import { systemClock } from '../platform/clock.ts';
import { loadMongoConfig } from '../platform/config.ts';
import { connectMongo } from '../platform/mongo.ts';
import {
  type OperatorCommand,
  operatorUsage,
  readOperatorCommand,
  setOperator,
} from '../identity/users/operators.ts';

const exitCodes = { failed: 1, wrongUsage: 2 } as const;

async function run(command: OperatorCommand): Promise<void> {
  const { uri } = loadMongoConfig();
  const mongo = await connectMongo({ uri: uri.reveal(), appName: 'operator', maxPoolSize: 2 });
  try {
    const clock = systemClock;
    const audit = buildAudit({ mongo, clock });
    const { directory: users } = buildUsers({ mongo, audit });
    if (command.verb === 'access') {
      const { directory: clients } = buildClients({ mongo, audit });
      const accesses = buildOperatorAccesses({ mongo, audit, users, clients, clock });
      const { token, expiresAt } = await accesses.open(command);
      // The token alone on the output, so that a shell can keep it in a variable.
      process.stderr.write(`Until ${expiresAt.toISOString()}. The admins of the client see every request.\n`);
      process.stdout.write(`${token}\n`);
      return;
    }
    const { email, isOperator } = await setOperator({ users }, command);
    process.stdout.write(`${email} is ${isOperator ? 'now an operator' : 'not an operator'}.\n`);
  } finally {
    await mongo.close();
  }
}

const command = readOperatorCommand(process.argv.slice(2));
if (command === null) {
  process.stderr.write(operatorUsage);
  process.exitCode = exitCodes.wrongUsage;
} else {
  await run(command).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodes.failed;
  });
}
