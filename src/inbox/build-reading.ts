import type { AuditService } from '../audit/service.ts';
import type { Clock } from '../platform/clock.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { Timers } from '../timers/timers.ts';
import { createFollowReading } from './conversations/read-mark-timer.ts';
import type { ReadableMessages } from './conversations/readable-messages.ts';
import { createReading } from './conversations/reading-use-cases.ts';
import type { ConversationRepository } from './conversations/repository.ts';
import { createSeenMarks } from './conversations/seen/marks.ts';
import { createSeenMarkRepository } from './conversations/seen/repository.ts';
import type { InboxSettingsReader } from './settings/reader.ts';

interface ReadingDeps {
  readonly mongo: MongoConnection;
  readonly conversations: ConversationRepository;
  readonly readable: ReadableMessages;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

/** Who has read what. */
export function buildReading({ mongo, ...deps }: ReadingDeps) {
  const { conversations, readable, readSettings, timers, audit, clock } = deps;
  const seenMarks = createSeenMarkRepository(mongo);
  const seen = createSeenMarks({ marks: seenMarks, clock });
  const followReading = createFollowReading({ readSettings, timers, clock });
  return {
    reading: createReading({ conversations, readable, seen, followReading, audit }),
    ...{ readable, seen, seenMarks },
  };
}
