import { AppError } from '../../platform/errors.ts';
import { weaknessOf, type PasswordOwner } from './rules.ts';

/** Loaded with the first new password: the list takes 25 ms and about 15 MB, which the worker never needs. */
let loading: Promise<ReadonlySet<string>> | undefined;

async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}

/** Throws `invalid-input` for a new password that attackers try first. Passwords that are already in use stay valid. */
export async function assertStrong(password: string, owner: PasswordOwner, path: string): Promise<void> {
  loading ??= loadCommonPasswords();
  const weakness = weaknessOf(password, owner, await loading);
  if (weakness === undefined) return;
  throw new AppError('invalid-input', 'The new password is too easy to guess.', {
    errors: [{ path, message: weakness }],
  });
}
