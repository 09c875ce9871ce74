import { buildRecords } from '../app/events.ts';
import { buildClients, buildOperatorAccesses, buildUsers } from '../identity/build.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { exitCodes, runCommandLine } from '../platform/command-line.ts';
import { operatorUsage, readOperatorCommand, setOperator } from '../identity/users/operators.ts';

await runCommandLine({
  name: 'operator',
  usage: operatorUsage,
  read: readOperatorCommand,
  async run(command, { mongo, print }) {
    const { audit } = buildRecords({ mongo, clock });
    const { directory: users } = buildUsers({ mongo, audit });
    if (command.verb === 'access') {
      const { directory: clients } = buildClients({ mongo, audit });
      const accesses = buildOperatorAccesses({ mongo, audit, users, clients, clock });
      const { token, expiresAt } = await accesses.open(command);
      // The token alone on the output, so that a shell can keep it in a variable.
      process.stderr.write(`Until ${expiresAt.toISOString()}. The admins of the client see every request.\n`);
      print(token);
      return exitCodes.done;
    }
    const { email, isOperator } = await setOperator({ users }, command);
    print(`${email} is ${isOperator ? 'now an operator' : 'not an operator'}.`);
    return exitCodes.done;
  },
});
