/** Which tokens may use an account and its numbers. */
import { refuse, type Refusal } from './graph-errors.ts';
import { wabaIdOf } from './payloads.ts';
import type { Behaviour } from './settings.ts';

export const tokenOf = (authorization: string): string => /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';

/** Refuses a token that is not one of the account's, as Meta does: without saying whether the object exists. */
export function checkAccess(
  authorization: string,
  id: string,
  { accountTokens, numbers }: Behaviour,
): Refusal | null {
  const allowed = accountTokens[id] ?? accountTokens[wabaIdOf(id, numbers)];
  if (allowed === undefined || allowed.includes(tokenOf(authorization))) return null;
  return refuse(100, {
    subcode: 33,
    details: `The object ${id} does not exist or cannot be loaded because of missing permissions.`,
  });
}
