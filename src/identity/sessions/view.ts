import type { SessionView } from './schemas.ts';
import type { LiveSession } from './sessions.ts';

export const toSessionView = (session: LiveSession, currentId: string): SessionView => ({
  id: session._id.toHexString(),
  isCurrent: session._id.toHexString() === currentId,
  userAgent: session.userAgent,
  network: session.network ?? null,
  createdAt: session.createdAt.toISOString(),
  lastUsedAt: session.lastUsedAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
});
