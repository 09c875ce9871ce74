import type { Actor } from './route.ts';

type Author = Pick<Actor, 'userId' | 'operatorAccessId'>;

/** The caller as the author of a change, as the audit records it: an operator while acting in a client. */
export const userOf = ({ userId, operatorAccessId }: Author) =>
  ({ type: operatorAccessId === undefined ? 'user' : 'operator', userId }) as const;

/** The same, for changes that operators make across clients too. */
export const userOrOperatorOf = ({ userId, isOperator }: Pick<Actor, 'userId' | 'isOperator'>) =>
  ({ type: isOperator ? 'operator' : 'user', userId }) as const;
