import type { ChannelDirectory } from '../channels/directory.ts';
import type { FindReadMark } from '../inbox/conversations/read-mark.ts';
import { readMarkTimer } from '../inbox/conversations/read-mark-timer.ts';
import type { ConversationThreads } from '../inbox/conversations/threads.ts';
import type { ShowTyping } from '../inbox/conversations/typing.ts';
import type { InboxSettingsReader } from '../inbox/settings/reader.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { RunInTransaction } from '../platform/transaction.ts';
import type { TimerHandlers, Timers } from '../timers/timers.ts';
import type { Gateway } from '../whatsapp/gateway.ts';
import type { GateFactsReader } from './gates/facts.ts';
import type { MessageRepository } from './messages/use-cases.ts';
import { createShowRead } from './read-marks/contact-signs.ts';
import { createReadMarkRepository } from './read-marks/repository.ts';
import { createShowTyping } from './read-marks/typing.ts';

interface ReadMarkDeps {
  readonly mongo: MongoConnection;
  readonly messages: Pick<MessageRepository, 'findMarkable'>;
  readonly conversations: Pick<ConversationThreads, 'findById'>;
  readonly channels: Pick<ChannelDirectory, 'senderOf'>;
  readonly facts: Pick<GateFactsReader, 'readFresh'>;
  readonly gateway: Pick<Gateway, 'markRead'>;
  readonly readSettings: InboxSettingsReader;
  readonly timers: Pick<Timers, 'arm'>;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

/** What contacts see of reading and typing. */
export function buildReadMarks({ mongo, ...deps }: ReadMarkDeps): {
  readonly timerHandlers: TimerHandlers;
  readonly showTyping: ShowTyping;
  readonly findReadMark: FindReadMark;
} {
  const marks = createReadMarkRepository(mongo);
  return {
    timerHandlers: { [readMarkTimer]: createShowRead({ marks, ...deps }) },
    showTyping: createShowTyping({ marks, ...deps }),
    async findReadMark(scope, conversationId) {
      const mark = await marks.find(scope, conversationId);
      const { shown = null, failure = null } = mark ?? {};
      return shown === null && failure === null ? null : { shown, failure };
    },
  };
}
