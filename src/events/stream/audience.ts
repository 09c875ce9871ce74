import type { Actor } from '../../http/route.ts';
import type { OutboxEventDoc } from '../repository.ts';

/** Whether a listener may see an event of their client. Pure. */
export function maySee(
  { audience, userId }: Pick<OutboxEventDoc, 'audience' | 'userId'>,
  listener: Pick<Actor, 'role' | 'userId'>,
): boolean {
  switch (audience) {
    case 'everyone':
      return true;
    case 'admins':
      return listener.role === 'admin';
    case 'user':
      return userId?.equals(listener.userId) === true;
  }
}
