import type { Actor } from './route.ts';

/** The signed-in user as the author of a change, as the audit records it. */
export const userOf = ({ userId }: Pick<Actor, 'userId'>) => ({ type: 'user', userId }) as const;

/** The same, for changes that operators make across clients too. */
export const userOrOperatorOf = ({ userId, isOperator }: Pick<Actor, 'userId' | 'isOperator'>) =>
  ({ type: isOperator ? 'operator' : 'user', userId }) as const;
