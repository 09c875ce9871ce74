import type { mongo } from 'mongoose';
import type { ScopedUpdateStage } from '../../platform/tenant-queries.ts';

/**
 * The mark of a document that is written without a transaction, and whose changes are told nevertheless: the write that
 * changes it also marks it, and a loop turns marked documents into events. Several changes in a row make one event, which
 * tells the last state.
 */
export interface Marked {
  /** Rises with each marked write; the version in the events of the object. Missing before the first one. */
  readonly revision?: number;
  /** Since when the present state waits to be told; missing once it was. */
  readonly unpublishedAt?: Date;
  /** Set until the event of its creation. */
  readonly isUnannounced?: true;
}

/** A document that knows when it was last written, whatever changed. */
export interface Dated {
  /** Missing if an earlier version wrote it last. */
  readonly changedAt?: Date;
}

/** For the schema of the model. */
export const markFields = { revision: Number, unpublishedAt: Date, isUnannounced: Boolean } as const;

/** Finds the marked documents of clients in turns; for the model, and written out in a migration. */
export const markIndex = [
  { clientId: 1, unpublishedAt: 1, _id: 1 },
  { name: 'unpublished', partialFilterExpression: { unpublishedAt: { $exists: true } } },
] as const;

/** The mark of a new document. */
export const markOfNew = (now: Date) =>
  ({ revision: 1, unpublishedAt: now, isUnannounced: true }) as const satisfies Marked;

/** The mark of a new document of which nobody is told yet. */
export const markOfSilent = { revision: 1, isUnannounced: true } as const satisfies Marked;

/** The mark of a document that is replaced as a whole. */
export const markOfNext = ({ revision }: mongo.Document, now: Date) =>
  ({
    revision: (typeof revision === 'number' ? revision : 0) + 1,
    unpublishedAt: now,
  }) satisfies Marked;

/** The update, which also marks. The server sets the time. */
export const marking = <Update extends mongo.Document>(update: Update) => ({
  ...update,
  $inc: { ...fieldsOf(update, '$inc'), revision: 1 },
  $currentDate: { ...fieldsOf(update, '$currentDate'), unpublishedAt: true as const },
});

/** The update, which also marks a document that it inserts as new. */
export const announcing = <Update extends mongo.Document>(update: Update) => ({
  ...update,
  $setOnInsert: { ...fieldsOf(update, '$setOnInsert'), isUnannounced: true as const },
});

/** The update, which also dates. The server sets the time. */
export const dating = <Update extends mongo.Document>(update: Update) => ({
  ...update,
  $currentDate: { ...fieldsOf(update, '$currentDate'), changedAt: true as const },
});

const fieldsOf = (update: mongo.Document, operator: string): mongo.Document =>
  (update[operator] ?? {}) as mongo.Document;

/** The last stage of a pipeline that marks. */
export const markStage: ScopedUpdateStage = {
  $set: { revision: { $add: [{ $ifNull: ['$revision', 0] }, 1] }, unpublishedAt: '$$NOW' },
};

/** The last stage of a pipeline that dates. */
export const dateStage: ScopedUpdateStage = { $set: { changedAt: '$$NOW' } };
