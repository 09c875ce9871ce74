import type { UserDoc } from './model.ts';

type Standing = Pick<UserDoc, 'role' | 'status' | 'passwordHash'>;

/** Whether a user can do an admin's work now. Who was invited and has no password yet cannot. */
export const isWorkingAdmin = ({ role, status, passwordHash }: Standing): boolean =>
  role === 'admin' && status === 'active' && passwordHash !== undefined;

/** Whether a change takes an admin away from the client. */
export const losesAdmin = (before: Standing, after: Standing): boolean =>
  isWorkingAdmin(before) && !isWorkingAdmin(after);

/** Which field a text in a search is looked for in: an address has its sign, everything else is a name. */
export const searchFieldOf = (text: string): 'email' | 'nameKey' =>
  text.includes('@') ? 'email' : 'nameKey';
