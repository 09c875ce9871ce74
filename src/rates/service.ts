import type { Types } from 'mongoose';
import type { ClientScope } from '../platform/mongo.ts';
export interface Permit {
  readonly kind: 'permit';
  done(): void;
}
export interface SendRates {
  acquire(
    line: { scope: ClientScope; channelId: Types.ObjectId; perSecond: number },
    wish: { priority: number; patienceMs: number },
  ): Promise<Permit | { kind: 'busy'; retryAfterMs: number }>;
  reservePair(
    scope: ClientScope,
    pair: { channelId: Types.ObjectId; contactId: Types.ObjectId },
    options: { burst: number },
  ): Promise<{ granted: true } | { granted: false; comeBackAt: Date }>;
  reserveUser(
    scope: ClientScope,
    user: { portfolioId: string; limit: number | null; contactId: Types.ObjectId },
  ): Promise<{ granted: true } | { granted: false; freeAt: Date }>;
  slowDown(scope: ClientScope, channelId: Types.ObjectId): Promise<void>;
  penalisePair(
    scope: ClientScope,
    pair: { channelId: Types.ObjectId; contactId: Types.ObjectId },
    until: Date,
  ): Promise<void>;
}
