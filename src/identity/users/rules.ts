import type { UserDoc } from './model.ts';

type Standing = Pick<UserDoc, 'role' | 'status' | 'passwordHash'>;

/** Whether a user can act as an admin now; an invited user without a password cannot. */
export const isWorkingAdmin = ({ role, status, passwordHash }: Standing): boolean =>
  role === 'admin' && status === 'active' && passwordHash !== undefined;

/** Whether a change leaves the client with one admin fewer. */
export const losesAdmin = (before: Standing, after: Standing): boolean =>
  isWorkingAdmin(before) && !isWorkingAdmin(after);

/** The field that a text searches: a text with an @ is an e-mail address, any other a name. */
export const searchFieldOf = (text: string): 'email' | 'nameKey' =>
  text.includes('@') ? 'email' : 'nameKey';
