import { scopeOf } from '../../platform/mongo.ts';
import { EmailText } from '../../platform/text-fields.ts';
import type { UserDoc, UserDirectory } from './directory.ts';

/** Whether the command line grants or takes back, and whose address it names. */
export interface OperatorCommand {
  readonly verb: 'grant' | 'revoke';
  readonly email: string;
}

export const operatorUsage = 'Usage: npm run operator -- grant EMAIL | revoke EMAIL\n';

/** Null when the arguments are not a command. */
export function readOperatorCommand(args: readonly string[]): OperatorCommand | null {
  const [verb, text, ...others] = args;
  const email = EmailText.safeParse(text);
  if ((verb !== 'grant' && verb !== 'revoke') || !email.success || others.length > 0) return null;
  return { verb, email: email.data };
}

interface OperatorDeps {
  readonly users: Pick<UserDirectory, 'findByEmailAcrossClients' | 'resource'>;
}

/**
 * Makes a user staff of the platform, or takes that back; it holds within a second. Whoever may run commands on the
 * server may do this, and nobody else: no route of the API leads here. Throws when there is no such user.
 */
export async function setOperator(
  { users }: OperatorDeps,
  { verb, email }: OperatorCommand,
): Promise<UserDoc> {
  const isOperator = verb === 'grant';
  const found = await users.findByEmailAcrossClients(email);
  if (found === null) throw new Error(`There is no user with the address ${email}.`);
  const scope = scopeOf(found.clientId);
  const ref = { id: found._id, version: undefined };
  return users.resource.change(scope, { type: 'system' }, ref, {
    action: isOperator ? 'user.operator-granted' : 'user.operator-revoked',
    decide(current) {
      if (current.isOperator === isOperator) return current;
      if (isOperator && current.status !== 'active') throw new Error('The user is disabled.');
      return { ...current, isOperator };
    },
  });
}
