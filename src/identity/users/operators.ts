import { scopeOf } from '../../platform/mongo.ts';
import { EmailText } from '../../platform/text-fields.ts';
import type { UserDoc, UserDirectory } from './directory.ts';

/** A command to grant or revoke the operator right of the user with this address. */
export interface OperatorCommand {
  readonly verb: 'grant' | 'revoke';
  readonly email: string;
}

export const operatorUsage = 'Usage: npm run operator -- grant EMAIL | revoke EMAIL\n';

/** Null if the arguments are not a valid command. */
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
 * Grants or revokes the operator right; takes effect within a second. Only a command on the server calls this, no route
 * of the API. Throws if no user has the address, has not confirmed it, or is disabled.
 */
export async function setOperator(
  { users }: OperatorDeps,
  { verb, email }: OperatorCommand,
): Promise<UserDoc> {
  const isOperator = verb === 'grant';
  const found = await users.findByEmailAcrossClients(email);
  if (found === null) throw new Error(`No user has the address ${email}.`);
  const scope = scopeOf(found.clientId);
  const ref = { id: found._id, version: undefined };
  return users.resource.change(scope, { type: 'system' }, ref, {
    action: isOperator ? 'user.operator-granted' : 'user.operator-revoked',
    decide(current) {
      if (current.isOperator === isOperator) return current;
      if (isOperator && current.status !== 'active') throw new Error('The user is disabled.');
      // Otherwise anyone could sign up with an address of the staff and wait for the grant.
      if (isOperator && current.emailConfirmedAt === undefined)
        throw new Error('The user has not confirmed the address.');
      return { ...current, isOperator };
    },
  });
}
