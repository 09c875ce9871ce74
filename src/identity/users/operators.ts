import { parseArgs } from 'node:util';
import type { Types } from 'mongoose';
import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { EmailText, LineText } from '../../platform/text-fields.ts';
import type { UserDoc, UserDirectory } from './directory.ts';

/** A command to grant or revoke the operator right of the user with this address. */
export interface RightCommand {
  readonly verb: 'grant' | 'revoke';
  readonly email: string;
}

/** A command to let an operator act in a client. */
export interface AccessCommand {
  readonly verb: 'access';
  readonly clientId: Types.ObjectId;
  readonly email: string;
  readonly reason: string;
  readonly minutes: number;
}

export type OperatorCommand = RightCommand | AccessCommand;

export const operatorUsage = `Usage:
  npm run operator -- grant EMAIL
  npm run operator -- revoke EMAIL
  npm run operator -- access CLIENT_ID --as EMAIL --reason TEXT [--minutes 1..60]

access prints a token with which the operator acts in the client as an admin, 15 minutes by default. The client's admins
see the access, its reason and every request.
`;

const AccessArguments = z.object({
  clientId: objectIdText,
  email: EmailText,
  reason: LineText.min(10),
  minutes: z.coerce.number().int().min(1).max(60),
});

/** Null if the arguments are not a valid command. */
export function readOperatorCommand(args: readonly string[]): OperatorCommand | null {
  if (args[0] === 'access') return readAccessCommand(args.slice(1));
  const [verb, text, ...others] = args;
  const email = EmailText.safeParse(text);
  if ((verb !== 'grant' && verb !== 'revoke') || !email.success || others.length > 0) return null;
  return { verb, email: email.data };
}

function readAccessCommand(args: readonly string[]): AccessCommand | null {
  const options = {
    as: { type: 'string' },
    reason: { type: 'string' },
    minutes: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [clientId, ...others] = positionals;
    const { as: email, reason, minutes = '15' } = values;
    const parsed = AccessArguments.safeParse({ clientId, email, reason, minutes });
    return others.length > 0 || !parsed.success ? null : { verb: 'access', ...parsed.data };
  } catch {
    // An unknown option, or one without a value; the usage says which there are.
    return null;
  }
}

interface OperatorDeps {
  readonly users: Pick<UserDirectory, 'findByEmailAcrossClients' | 'resource'>;
}

/**
 * Grants or revokes the operator right; takes effect within a second. Only a command on the server calls this, no route
 * of the API. Throws if no user has the address, has not confirmed it, or is disabled.
 */
export async function setOperator({ users }: OperatorDeps, { verb, email }: RightCommand): Promise<UserDoc> {
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
