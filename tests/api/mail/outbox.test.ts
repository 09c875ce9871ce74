import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { SMTPServer } from 'smtp-server';
import { outboxMailModel, type OutboxMailDoc } from '../../../src/mail/model.ts';
import { createMailSender, createOutbox, type MailOrder } from '../../../src/mail/outbox.ts';
import { createMailRepository } from '../../../src/mail/repository.ts';
import {
  createSmtpTransport,
  type Letter,
  MailRefused,
  type MailTransport,
} from '../../../src/mail/transport.ts';
import { createFixedClock } from '../../../src/platform/clock.ts';
import { Secret } from '../../../src/platform/secret.ts';
import { createTransactions } from '../../../src/platform/transaction.ts';
import { captureLog } from '../../support/logger.ts';
import { connectTestDatabase, type TestDatabase } from '../../support/mongo.ts';
import { waitFor } from '../../support/wait.ts';

const order: MailOrder = { kind: 'password-reset', email: 'jane@example.com' };
const letter: Letter = { to: 'jane@example.com', subject: 'Grüße', text: 'Hallo Jörg' };
const start = new Date('2026-11-23T09:00:00Z');

describe('outbox of mails', () => {
  let database: TestDatabase;
  before(async () => {
    database = await connectTestDatabase('outbox', [outboxMailModel]);
  });
  after(() => database.close());
  afterEach(() => stored().deleteMany({}));

  const stored = () => database.connection.collection<OutboxMailDoc>('outbox_mails');

  /** Outbox and sender of one process; `send` is its way to the mail server. */
  function createProcess(send: (sent: Letter) => Promise<void>, clock = createFixedClock(start)) {
    const log = captureLog();
    const mails = createMailRepository(database.connection);
    const transport: MailTransport = { send, close: () => undefined };
    const shared = { mails, clock, logger: log.logger };
    const attempts: string[] = [];
    const sender = createMailSender({
      ...shared,
      transport,
      writeLetter: async () => letter,
      onAttempt: (kind, outcome) => void attempts.push(`${kind} ${outcome}`),
    });
    return { clock, log, outbox: createOutbox(shared), sender, attempts };
  }

  /** A transport to a real mail server that answers as told. */
  async function sendThrough(
    answer: (address: string) => Error | null,
    work: (send: MailTransport) => Promise<void>,
    { requiresTls = false } = {},
  ) {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      onRcptTo: ({ address }, _session, callback) => callback(answer(address)),
      onData(stream, _session, callback) {
        stream.on('end', () => callback()).resume();
      },
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.server.address() as { port: number };
    const transport = createSmtpTransport({
      smtpUrl: new Secret(`smtp://127.0.0.1:${port}`),
      from: 'CRM <no-reply@example.com>',
      requiresTls,
    });
    try {
      await work(transport);
    } finally {
      transport.close();
      await new Promise<void>((resolve) => server.close(resolve));
    }
  }

  it('TLS required, server without STARTTLS › nothing is sent, and it is tried again', async () => {
    let recipients = 0;
    const count = () => {
      recipients += 1;
      return null;
    };
    const letter = { to: 'jane@example.com', subject: 'Hello', text: 'Secret link' };
    const isPassing = (error: unknown) => error instanceof Error && !(error instanceof MailRefused);
    await sendThrough(count, (transport) => assert.rejects(transport.send(letter), isPassing), {
      requiresTls: true,
    });
    assert.equal(recipients, 0);
  });

  it('queued inside a transaction that fails › not queued', async () => {
    const { outbox } = createProcess(() => assert.fail());
    const runInTransaction = createTransactions(database.connection);
    const failing = runInTransaction(async (session) => {
      await outbox.add(order, session);
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    assert.equal(await stored().countDocuments(), 0);
  });

  it('two processes send at once › each mail once, and the outbox is empty', async () => {
    const sent: string[] = [];
    const send = async () => void sent.push('one');
    const [left, right] = [createProcess(send), createProcess(send)];
    for (let count = 0; count < 8; count += 1) await left.outbox.add(order);
    const tried = await Promise.all([left, right].map(({ sender }) => sender.sendDue()));
    assert.equal(
      tried.reduce((sum, count) => sum + count),
      8,
    );
    assert.equal(sent.length, 8);
    assert.equal(await stored().countDocuments(), 0);
  });

  it('the mail server is away › retried with growing waits, then given up and kept for operators', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED for jane@example.com'), { code: 'ESOCKET' });
    const { clock, log, outbox, sender, attempts: outcomes } = createProcess(() => Promise.reject(away));
    await outbox.add(order);
    let attempts = 0;
    for (let minute = 0; minute < 120; minute += 1) {
      attempts += await sender.sendDue();
      clock.advance(60_000);
    }
    const [left] = await stored().find().toArray();
    assert.ok(attempts > 5 && attempts < 12, String(attempts));
    assert.equal(left?.attempts, attempts);
    assert.deepEqual(new Set(outcomes), new Set(['password-reset postponed', 'password-reset expired']));
    assert.equal(outcomes.length, attempts, 'each attempt is counted once');
    assert.ok(left?.failedAt !== undefined && left.nextAttemptAt === undefined);
    assert.doesNotMatch(log.text(), /jane|example/);
    assert.ok(
      log
        .lines()
        .some(
          ({ level, message, reason }) =>
            level === 'error' && message === 'mail given up' && reason === 'ESOCKET',
        ),
    );
  });

  it('the process dies while it sends › another one sends after the lease, not before', async () => {
    const never = new Promise<never>(() => undefined);
    const dead = createProcess(() => never);
    await dead.outbox.add(order);
    void dead.sender.sendDue();
    let count = 0;
    const alive = createProcess(async () => void (count += 1));
    await waitFor('the mail is taken', async () => (await stored().countDocuments({ attempts: 1 })) === 1);
    assert.equal(await alive.sender.sendDue(), 0);
    alive.clock.advance(60_000);
    assert.equal(await alive.sender.sendDue(), 1);
    assert.equal(count, 1);
  });

  it('a recipient that the server refuses permanently › given up at once; temporarily › retried', async () => {
    const refused = (responseCode: number) => Object.assign(new Error('no such box'), { responseCode });
    for (const [code, isGivenUp] of [
      [550, true],
      [450, false],
    ] as const) {
      await sendThrough(
        () => refused(code),
        async (transport) => {
          const { outbox, sender, log, attempts } = createProcess(transport.send);
          await outbox.add(order);
          await sender.sendDue();
          const [left] = await stored().find().toArray();
          assert.equal(left?.failedAt !== undefined, isGivenUp, log.text());
          assert.deepEqual(attempts, [`password-reset ${isGivenUp ? 'refused' : 'postponed'}`]);
          assert.match(log.text(), new RegExp(`EENVELOPE ${code}`));
          await stored().deleteMany({});
        },
      );
    }
  });

  it('an address that looks like two › reaches one', async () => {
    const recipients: string[] = [];
    await sendThrough(
      (address) => {
        recipients.push(address);
        return null;
      },
      async (transport) => {
        await transport.send({ ...letter, to: 'jane@example.com' });
        await transport.send({ ...letter, to: 'a@example.com, b@example.com' }).catch(() => undefined);
      },
    );
    assert.equal(recipients[0], 'jane@example.com');
    assert.ok(!recipients.includes('b@example.com'), recipients.join(' | '));
  });

  it('a business with hundreds of invitations › the mails of others pass them, each in its turn', async () => {
    const sent: OutboxMailDoc['order'][] = [];
    const { outbox } = createProcess(async () => undefined);
    const [flood, other] = [new Types.ObjectId(), new Types.ObjectId()];
    const invite = (clientId: Types.ObjectId) =>
      outbox.add({ kind: 'invitation', clientId, userId: new Types.ObjectId() });
    for (let count = 0; count < 200; count += 1) await invite(flood);
    await stored().insertOne({
      ...{ _id: new Types.ObjectId(), order, createdAt: start, attempts: 0, nextAttemptAt: start },
    });
    await invite(other);
    await outbox.add(order);
    const sender = createMailSender({
      mails: createMailRepository(database.connection),
      clock: createFixedClock(start),
      logger: captureLog().logger,
      transport: { send: async () => undefined, close: () => undefined },
      async writeLetter(given) {
        sent.push(given);
        return letter;
      },
    });
    await sender.sendDue();
    const nameOf = (given: MailOrder): string =>
      'clientId' in given ? (given.clientId.equals(flood) ? 'flood' : 'other') : given.kind;
    // Four lines take turns: one of them has no second mail, so its second turn may be empty.
    const names = sent.map(nameOf);
    assert.ok(names.includes('other'), names.join());
    assert.equal(names.filter((name) => name === 'password-reset').length, 2);
    assert.ok(names.filter((name) => name === 'flood').length <= 2, names.join());
  });

  it('no recipient › the mail is dropped', async () => {
    const mails = createMailRepository(database.connection);
    const clock = createFixedClock(start);
    const { logger } = captureLog();
    const transport: MailTransport = { send: () => assert.fail(), close: () => undefined };
    await createOutbox({ mails, clock }).add({
      kind: 'invitation',
      clientId: new Types.ObjectId(),
      userId: new Types.ObjectId(),
    });
    const sender = createMailSender({ mails, clock, logger, transport, writeLetter: async () => null });
    assert.equal(await sender.sendDue(), 1);
    assert.equal(await stored().countDocuments(), 0);
  });
});
