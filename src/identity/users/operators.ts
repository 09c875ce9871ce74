import type { AuditService } from '../../audit/service.ts';
import { scopeOf } from '../../platform/mongo.ts';
import { EmailText } from '../../platform/text-fields.ts';
import type { UserDoc, UserService } from './service.ts';

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
  readonly users: UserService;
  readonly audit: AuditService;
}

/**
 * Makes a user staff of the platform, or takes that back; it holds within a second. Whoever may run commands on the
 * server may do this, and nobody else: no route of the API leads here. Throws when there is no such user.
 */
export async function setOperator(
  { users, audit }: OperatorDeps,
  { verb, email }: OperatorCommand,
): Promise<UserDoc> {
  const isOperator = verb === 'grant';
  const found = await users.findByEmailAcrossClients(email);
  if (found === null) throw new Error(`There is no user with the address ${email}.`);
  const scope = scopeOf(found.clientId);
  const by = { type: 'system' } as const;
  return audit.audited(scope, by, async (session) => {
    const current = await users.findById(scope, found._id, session);
    if (current === null) throw new Error(`There is no user with the address ${email}.`);
    if (current.isOperator === isOperator) return { result: current, write: null };
    if (isOperator && current.status !== 'active') throw new Error('The user is disabled.');
    const action = isOperator ? 'user.operator-granted' : 'user.operator-revoked';
    const change = { isOperator };
    return { result: await users.changeWithin(scope, { by, action, current, change }, session), write: null };
  });
}
