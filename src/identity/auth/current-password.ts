import type { ClientSession } from 'mongoose';
import type { Actor } from '../../http/route.ts';
import { AppError } from '../../platform/errors.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { AttemptGuard } from '../attempts/guard.ts';
import type { UserDirectory, UserDoc } from '../users/directory.ts';
import type { Passwords } from './passwords.ts';

export interface CurrentPasswordDeps {
  readonly users: Pick<UserDirectory, 'findById'>;
  readonly passwords: Passwords;
  readonly guard: AttemptGuard;
}

export type CurrentPassword = ReturnType<typeof createCurrentPassword>;

/** Asks a signed-in user for the password again: a stolen session must not be enough to take over the account. */
export const createCurrentPassword = ({ users, passwords, guard }: CurrentPasswordDeps) => ({
  /** The user of the session; throws `invalid-input` if the password is wrong. Guesses are counted together. */
  async require(actor: Actor, currentPassword: string, network: string): Promise<UserDoc> {
    const account = actor.userId.toHexString();
    const attempt = await guard.enter('change-password', { account, network });
    const user = await users.findById(scopeOf(actor.clientId), actor.userId);
    if (!(await passwords.verify(currentPassword, user?.passwordHash, network))) throw wrongPassword();
    await attempt.succeeded();
    if (user === null) throw wrongPassword();
    return user;
  },

  /** The same user as stored now; throws if a concurrent reset has replaced the password that was verified. */
  async requireSame(verified: UserDoc, session: ClientSession): Promise<UserDoc> {
    const user = await users.findById(scopeOf(verified.clientId), verified._id, session);
    if (user === null || user.passwordHash !== verified.passwordHash) throw wrongPassword();
    return user;
  },
});

const wrongPassword = (): AppError =>
  new AppError('invalid-input', 'The current password is wrong.', {
    errors: [{ path: 'body.currentPassword', message: 'Not the current password.' }],
  });
