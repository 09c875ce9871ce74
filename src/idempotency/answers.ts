import type { AnswerOnce, KeyedRequest } from '../http/idempotency.ts';
import type { RenderedReply } from '../http/reply.ts';
import type { Cipher } from '../platform/cipher.ts';
import type { Clock } from '../platform/clock.ts';
import { withCommitMark, type CommitMark } from '../platform/commit-mark.ts';
import { AppError } from '../platform/errors.ts';
import { newId, newUuid } from '../platform/ids.ts';
import { pauseAfterLostRace } from '../platform/lost-race.ts';
import type { Logger } from '../platform/logger.ts';
import { scopeOf, type ClientScope } from '../platform/mongo.ts';
import type { AnswerDoc, AnswerRepository, Held } from './repository.ts';
import { answerTtlMs, leaseMs, standingOf } from './rules.ts';

interface AnswerDeps {
  readonly answers: AnswerRepository;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Expired and left requests are taken again; more tries would only meet other requests with the key. */
const maxTries = 8;

/**
 * Keeps the answers of requests with an `Idempotency-Key`. Every transaction of such a request also marks it as committed,
 * so that a repetition after a crash either does the whole work or none of it.
 */
export function createAnswerOnce(deps: AnswerDeps): AnswerOnce {
  const { answers, clock, logger } = deps;
  const take = createTake(deps);
  const { seal } = createSeal(deps);

  const markOf =
    (scope: ClientScope, held: Held): CommitMark =>
    async (session) => {
      if (!(await answers.markCommitted(scope, held, clock.now(), session))) throw inProgress();
    };

  /** A failure here must not hide the outcome: the lease ends, and the mark tells what happened. */
  async function settle(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      logger.warn({ error }, what);
    }
  }

  return async (request, work) => {
    const scope = scopeOf(request.clientId);
    const taken = await take(scope, request);
    if ('status' in taken) return taken;
    try {
      const reply = await withCommitMark(markOf(scope, taken), work);
      const kept = { answer: seal(taken, reply), expiresAt: laterBy(clock, answerTtlMs) };
      await settle('an answer could not be kept', () => answers.keepAnswer(scope, taken, kept));
      return reply;
    } catch (error) {
      // A problem is answered on purpose: the request may be repeated. After any other error nobody knows the outcome.
      const release = error instanceof AppError ? answers.release : answers.releaseUncommitted;
      await settle('an idempotency key could not be freed', () => release(scope, taken));
      throw error;
    }
  };
}

/** Takes the key of a request, or returns its kept answer. */
function createTake({ answers, cipher, clock, logger }: AnswerDeps) {
  const { open } = createSeal({ cipher, logger });

  /** What follows from a stored request; null if the key must be tried again. */
  async function pass(
    scope: ClientScope,
    stored: AnswerDoc,
    hash: string,
  ): Promise<Held | RenderedReply | null> {
    switch (standingOf(stored, hash, clock.now())) {
      case 'expired':
        await answers.deleteExpired(scope, stored._id, clock.now());
        return null;
      case 'other-content':
        throw new AppError('idempotency-key-reused', 'The key belongs to a request with different content.');
      case 'in-progress':
        throw inProgress();
      case 'answer-lost':
        throw answerLost();
      case 'answered':
        return open(stored);
      case 'left': {
        const next = { token: newUuid(), leasedUntil: laterBy(clock, leaseMs) };
        const isMine = await answers.takeOver(scope, stored, next);
        return isMine ? { _id: stored._id, token: next.token } : null;
      }
    }
  }

  return async (scope: ClientScope, request: KeyedRequest): Promise<Held | RenderedReply> => {
    const { route, key, hash } = request;
    for (let losses = 0; losses < maxTries; losses += 1) {
      if (losses > 0) await pauseAfterLostRace(losses);
      const held = { _id: newId(), token: newUuid() };
      const [leasedUntil, expiresAt] = [laterBy(clock, leaseMs), laterBy(clock, answerTtlMs)];
      const doc = { ...held, route, key, hash, leasedUntil, expiresAt, createdAt: clock.now() };
      if (await answers.insert(scope, doc)) return held;
      const stored = await answers.find(scope, request);
      const next = stored === null ? null : await pass(scope, stored, hash);
      if (next !== null) return next;
    }
    throw inProgress();
  };
}

/** A copy of a sealed answer in another document does not open. */
const createSeal = ({ cipher, logger }: Pick<AnswerDeps, 'cipher' | 'logger'>) => ({
  seal: ({ _id }: Held, reply: RenderedReply) => cipher.seal(JSON.stringify(reply), contextOf(_id)),

  open({ _id, answer }: AnswerDoc): RenderedReply {
    if (answer === undefined) throw answerLost();
    try {
      return JSON.parse(cipher.open(answer, contextOf(_id))) as RenderedReply;
    } catch (error) {
      logger.warn({ error }, 'a kept answer could not be opened: another key has sealed it');
      throw answerLost();
    }
  },
});

const contextOf = (id: Held['_id']): string => `idempotent-request:${id.toHexString()}`;

const laterBy = (clock: Clock, milliseconds: number): Date => new Date(clock.now().getTime() + milliseconds);

const inProgress = (): AppError =>
  new AppError('request-in-progress', 'Another request with this Idempotency-Key is being handled.');

const answerLost = (): AppError =>
  new AppError(
    'answer-lost',
    'The request with this Idempotency-Key was carried out, but its answer was lost.',
  );
