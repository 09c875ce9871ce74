import { buildAudit } from '../audit/build.ts';
import { buildUsers } from '../identity/build.ts';
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
    const audit = buildAudit({ mongo, clock: systemClock });
    const { directory: users } = buildUsers({ mongo, audit });
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
