import { compare, hash } from 'bcryptjs';

/** A task for the thread pool: bcrypt takes about 100 ms and would block the event loop. */
export type PasswordTask =
  | { readonly kind: 'hash'; readonly password: string; readonly cost: number }
  | { readonly kind: 'compare'; readonly password: string; readonly passwordHash: string };

export const runPasswordTask = async (task: PasswordTask): Promise<string | boolean> =>
  task.kind === 'hash' ? hash(task.password, task.cost) : compare(task.password, task.passwordHash);
