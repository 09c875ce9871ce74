import type { ClientSession, Connection, Types } from 'mongoose';
import type { SealedSecret } from '../platform/cipher.ts';
import { isDuplicateKey, type ClientScope } from '../platform/mongo.ts';
import { openTenantCollection } from '../platform/tenant-collection.ts';
import { answerModel, type AnswerDoc } from './model.ts';

export type { AnswerDoc } from './model.ts';

/** A held request: its document and the token of the holder. */
export interface Held {
  readonly _id: Types.ObjectId;
  readonly token: string;
}

type Place = Pick<AnswerDoc, 'route' | 'key'>;

export type AnswerRepository = ReturnType<typeof createAnswerRepository>;

export function createAnswerRepository(connection: Connection) {
  const answers = openTenantCollection(answerModel, connection);
  return {
    /** False if the key is taken on this route. */
    async insert(scope: ClientScope, doc: Omit<AnswerDoc, 'clientId'>): Promise<boolean> {
      try {
        await answers.insertOne(scope, doc);
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },

    find: (scope: ClientScope, { route, key }: Place): Promise<AnswerDoc | null> =>
      answers.findOne(scope, { route, key }),

    /** Takes over a request that its holder has left; false if it was taken over, or committed, meanwhile. */
    async takeOver(
      scope: ClientScope,
      { _id, token }: Held,
      next: Pick<AnswerDoc, 'token' | 'leasedUntil'>,
    ): Promise<boolean> {
      const filter = { _id, token, committedAt: null, answer: null };
      const { matchedCount } = await answers.updateOne(scope, filter, { $set: next });
      return matchedCount === 1;
    },

    /** Marks the request as committed, in the transaction; false if another process has taken it over. */
    async markCommitted(scope: ClientScope, held: Held, at: Date, session: ClientSession): Promise<boolean> {
      const change = { $set: { committedAt: at } };
      const { matchedCount } = await answers.updateOne(scope, { ...held }, change, { session });
      return matchedCount === 1;
    },

    async keepAnswer(
      scope: ClientScope,
      held: Held,
      kept: { readonly answer: SealedSecret; readonly expiresAt: Date },
    ): Promise<void> {
      await answers.updateOne(scope, { ...held }, { $set: kept });
    },

    /** Frees the key. */
    async release(scope: ClientScope, held: Held): Promise<void> {
      await answers.deleteOne(scope, { ...held });
    },

    /** Frees the key, unless a transaction of the request was committed. */
    async releaseUncommitted(scope: ClientScope, held: Held): Promise<void> {
      await answers.deleteOne(scope, { ...held, committedAt: null });
    },

    /** Deletes an expired request, which MongoDB deletes within a minute. */
    async deleteExpired(scope: ClientScope, _id: Types.ObjectId, now: Date): Promise<void> {
      await answers.deleteOne(scope, { _id, expiresAt: { $lte: now } });
    },
  };
}
