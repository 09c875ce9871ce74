import type { Actor } from './route.ts';

/** The signed-in user as the author of a change, as the audit records it. */
export const userOf = ({ userId }: Pick<Actor, 'userId'>) => ({ type: 'user', userId }) as const;
