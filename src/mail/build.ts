import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { createLoops, type RunnableLoop, whileFound } from '../platform/loop.ts';
import type { Measured } from '../platform/metrics.ts';
import type { MongoConnection } from '../platform/mongo.ts';
import type { MailConfig } from './config.ts';
import type { mailInstruments } from './instruments.ts';
import { mailLoops } from './loops.ts';
import { createMailSender, createOutbox, type WriteLetter } from './outbox.ts';
import { createMailRepository } from './repository.ts';
import { createSmtpTransport } from './transport.ts';

interface MailDeps {
  readonly mongo: MongoConnection;
  readonly config: MailConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Measured<typeof mailInstruments>;
}

/** The outbox of mails, and the loop that sends them. */
export function buildMail({ mongo, config, clock, logger, metrics }: MailDeps) {
  const mails = createMailRepository(mongo);
  const transport = createSmtpTransport(config);
  return {
    outbox: createOutbox({ mails, clock }),

    /** Runs in the API, not in the worker, so that password resets do not depend on Temporal. */
    loops(writeLetter: WriteLetter): readonly RunnableLoop[] {
      const sender = createMailSender({
        ...{ mails, transport, writeLetter, clock, logger },
        onAttempt: (kind, outcome) => metrics.instruments.mails.add({ kind, outcome }),
      });
      return createLoops(mailLoops, { mail: whileFound(() => sender.sendDue()) });
    },

    /** Call it after the loop has stopped. */
    close: () => transport.close(),
  };
}
