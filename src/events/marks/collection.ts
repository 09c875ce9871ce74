import type { mongo, Types } from 'mongoose';
import { systemClock } from '../../platform/clock.ts';
import type { TenantDocument } from '../../platform/declare-model.ts';
import type { TenantCollection } from '../../platform/tenant-collection.ts';
import type { ScopedUpdate, ScopedUpdateStage, Unscoped } from '../../platform/tenant-queries.ts';
import {
  announcing,
  dateStage,
  dating,
  type Marked,
  marking,
  markOfNew,
  markOfNext,
  markOfSilent,
  markStage,
} from './mark.ts';

interface Telling<Doc> {
  /** Whether an update changes what clients are told of; by default each does. */
  readonly isTold?: (update: mongo.Document) => boolean;
  /** Whether nobody is told of a new document yet; by default each is told. */
  readonly isSilent?: (fresh: Unscoped<Doc>) => boolean;
  /** Whether each write also dates the document (`Dated`). */
  readonly isDated?: boolean;
}

type MarkedDocument = TenantDocument & Marked & { readonly _id: Types.ObjectId };

/** What each kind of write adds. */
function createMarks<Doc extends MarkedDocument>({
  isTold = () => true,
  isSilent = () => false,
  isDated = false,
}: Telling<Doc>) {
  const dateNow = () => (isDated ? { changedAt: systemClock.now() } : {});
  function mark<Given extends ScopedUpdate<Doc> | ScopedUpdateStage[]>(update: Given): Given;
  function mark(update: mongo.Document): mongo.Document {
    if (Array.isArray(update))
      return update.some(isTold) ? [...update, markStage, ...(isDated ? [dateStage] : [])] : update;
    return isTold(update) ? markOnce(update) : update;
  }
  const markOnce = (update: mongo.Document) => (isDated ? dating(marking(update)) : marking(update));
  function markUpsert<Given extends ScopedUpdate<Doc>>(update: Given): Given;
  function markUpsert(update: mongo.Document): mongo.Document {
    return announcing(markOnce(update));
  }
  function markEachUpsert(update: ScopedUpdate<Doc> | ScopedUpdateStage[]): ScopedUpdate<Doc> {
    if (Array.isArray(update)) throw new Error('Stages cannot tell an insertion from a change.');
    return markUpsert(update);
  }
  const markNew = (fresh: Unscoped<Doc>): Unscoped<Doc> => ({
    ...fresh,
    ...(isSilent(fresh) ? markOfSilent : markOfNew(systemClock.now())),
    ...dateNow(),
  });
  const markNext = (next: Unscoped<Doc>): Unscoped<Doc> => ({
    ...next,
    ...markOfNext(next, systemClock.now()),
    ...dateNow(),
  });
  return { mark, markUpsert, markEachUpsert, markNew, markNext };
}

/**
 * The collection, whose writes mark what clients must be told: a repository opens its collection with it, so that no write
 * forgets the mark. The next state of a replaced document must have the `revision` that was read.
 */
export function markWrites<Doc extends MarkedDocument>(
  documents: TenantCollection<Doc>,
  telling: Telling<Doc> = {},
): TenantCollection<Doc> {
  const { mark, markUpsert, markEachUpsert, markNew, markNext } = createMarks(telling);
  return {
    ...documents,
    insertOne: (scope, fresh, options) => documents.insertOne(scope, markNew(fresh), options),
    insertMany: (scope, fresh, options) => documents.insertMany(scope, fresh.map(markNew), options),
    updateOne: (scope, filter, update, options) => documents.updateOne(scope, filter, mark(update), options),
    updateMany: (scope, filter, update, options) =>
      documents.updateMany(scope, filter, mark(update), options),
    updateEach: (scope, updates, options) => {
      const marked = options?.upsert === true ? markEachUpsert : mark;
      const all = updates.map(({ filter, update }) => ({ filter, update: marked(update) }));
      return documents.updateEach(scope, all, options);
    },
    findOneAndUpdate: (scope, filter, update, options) =>
      documents.findOneAndUpdate(scope, filter, mark(update), options),
    upsertOne: (scope, filter, update, options) =>
      documents.upsertOne(scope, filter, markUpsert(update), options),
    findOrInsert: (scope, filter, update, options) =>
      documents.findOrInsert(scope, filter, markUpsert(update), options),
    replaceVersioned: (scope, current, next, session) =>
      documents.replaceVersioned(scope, current, markNext(next), session),
    replaceEachVersioned: (scope, replaced, session) => {
      const all = replaced.map(({ current, next }) => ({ current, next: markNext(next) }));
      return documents.replaceEachVersioned(scope, all, session);
    },
    insertOrReplaceVersioned: (scope, current, next, session) =>
      documents.insertOrReplaceVersioned(
        scope,
        current,
        current.version > 0 ? markNext(next) : markNew(next),
        session,
      ),
    createBulkWriter() {
      const write = documents.createBulkWriter();
      return (scope, operations) =>
        write(
          scope,
          operations.map((operation) => {
            if ('insertOne' in operation)
              return { insertOne: { document: markNew(operation.insertOne.document) } };
            const { filter, update } = operation.updateOne;
            return { updateOne: { filter, update: mark(update) } };
          }),
        );
    },
  };
}
