import type { ClientSession, Types } from 'mongoose';
import type { NewEvent } from '../events/declare.ts';
import { AppError, notFound } from '../platform/errors.ts';
import type { ClientScope } from '../platform/mongo.ts';
import type { AuditActor, AuditedWrite, AuditService } from './service.ts';
import { type Recorded, writtenTo } from './written.ts';

interface Versioned {
  readonly _id: Types.ObjectId;
  /** 1 for a new object, then +1 with each change. */
  readonly version: number;
}

/** An object and the version that a change is based on; undefined accepts any version. */
export interface ResourceRef {
  readonly id: Types.ObjectId;
  readonly version: number | undefined;
}

export interface Written<Doc> {
  readonly before: Doc;
  /** The same object as `before` if nothing changed. */
  readonly after: Doc;
}

/** Stores and describes the objects of one noun for the audit. */
export interface ResourceDescription<Doc extends Versioned> {
  /** The prefix of audit actions (`lead.updated`), and the type of their target unless `targetOf` names another. */
  readonly type: string;
  /** The noun in error details; `type` by default. */
  readonly noun?: string;
  find(scope: ClientScope, id: Types.ObjectId, session?: ClientSession): Promise<Doc | null>;
  insert?(scope: ClientScope, fresh: Doc, session: ClientSession): Promise<void>;
  /** Stores `next`; false if the stored version is no longer that of `current`. */
  replace(scope: ClientScope, current: Doc, next: Doc, session: ClientSession): Promise<boolean>;
  /** Deletes the object; false if the stored version is no longer that of `current`. */
  remove?(scope: ClientScope, current: Doc, session: ClientSession): Promise<boolean>;
  auditedFieldsOf(doc: Doc): Readonly<Record<string, unknown>>;
  targetOf?(doc: Doc): AuditedWrite['target'];
  /** The live event of a write, recorded in its transaction; null for a write that no client needs to hear of. */
  eventOf?(written: Recorded<Doc>): NewEvent | null;
  /** Makes dependent writes in the transaction of the change. */
  afterChange?(scope: ClientScope, written: Written<Doc>, session: ClientSession): Promise<void>;
  /** Drops cached copies of an object, after the commit. */
  forget?(doc: Doc): void;
  /** For nouns of which many objects are written in one transaction, by few commands. */
  readonly many?: ResourceBatches<Doc>;
}

/** The steps of the description for several objects, none of them twice. */
export interface ResourceBatches<Doc> {
  insert(scope: ClientScope, fresh: readonly Doc[], session: ClientSession): Promise<void>;
  /** False if one of them has another version than it had before. */
  replace(scope: ClientScope, written: readonly Written<Doc>[], session: ClientSession): Promise<boolean>;
  afterChange(scope: ClientScope, written: readonly Written<Doc>[], session: ClientSession): Promise<void>;
}

/** New objects, and changes of others with what was decided; `after` is `before` itself if nothing changes. */
export interface Batch<Doc> {
  readonly created: readonly Doc[];
  /** The audit action of the changes. */
  readonly action: string;
  readonly changed: readonly Written<Doc>[];
}

export interface Change<Doc> {
  /** The audit action: noun and past participle. */
  readonly action: string;
  /**
   * Returns the next state, or `current` itself for no change; it must not set the version. It may throw, and may make
   * further writes with the session. It runs again if the transaction is repeated.
   */
  decide(current: Doc, session: ClientSession): Doc | Promise<Doc>;
}

/** Throws if the object may not be deleted; deletes dependent objects. It may run more than once, as `decide`. */
export type BeforeRemove<Doc> = (current: Doc, session: ClientSession) => Promise<void>;

export type Resource<Doc extends Versioned> = ReturnType<typeof createResource<Doc>>;

/**
 * The only way to change an object: load it, check the version, decide, write by version and audit, all in one
 * transaction. Every function throws `not-found` for an object outside the scope, and `precondition-failed` if the object
 * has changed since the caller read it.
 */
export function createResource<Doc extends Versioned>(
  audit: AuditService,
  description: ResourceDescription<Doc>,
) {
  const steps = createSteps(audit, description);
  const { runInTransaction } = audit;
  const forget = (doc: Doc) => description.forget?.(doc);

  async function changeFound(
    scope: ClientScope,
    by: AuditActor,
    change: Change<Doc>,
    find: (session: ClientSession) => Promise<Doc | null>,
  ): Promise<Doc | null> {
    const written = await runInTransaction(async (session) => {
      const current = await find(session);
      return current === null ? null : steps.change(scope, by, { current, change }, session);
    });
    if (written === null) return null;
    forget(written.before);
    forget(written.after);
    return written.after;
  }

  async function change(
    scope: ClientScope,
    by: AuditActor,
    ref: ResourceRef,
    what: Change<Doc>,
  ): Promise<Doc> {
    const changed = await changeFound(scope, by, what, (session) => steps.require(scope, ref, session));
    if (changed === null) throw notFound(steps.noun);
    return changed;
  }

  return {
    require: (scope: ClientScope, ref: ResourceRef): Promise<Doc> => steps.require(scope, ref),

    async create(scope: ClientScope, by: AuditActor, fresh: Doc): Promise<Doc> {
      await runInTransaction((session) => steps.create(scope, by, fresh, session));
      forget(fresh);
      return fresh;
    },

    change,

    /** Changes an object if it exists; otherwise returns null. */
    changeIfExists: (
      scope: ClientScope,
      by: AuditActor,
      id: Types.ObjectId,
      what: Change<Doc>,
    ): Promise<Doc | null> => changeFound(scope, by, what, (session) => description.find(scope, id, session)),

    async remove(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      before?: BeforeRemove<Doc>,
    ): Promise<void> {
      const removed = await runInTransaction(async (session) => {
        const current = await steps.require(scope, ref, session);
        await before?.(current, session);
        await steps.remove(scope, by, current, session);
        return current;
      });
      forget(removed);
    },

    /** The same in the caller's transaction. `forget` is not called, because the caller commits. */
    within: (session: ClientSession) => createWithin(steps, session),
  };
}

const createWithin = <Doc extends Versioned>(steps: Steps<Doc>, session: ClientSession) => ({
  require: (scope: ClientScope, ref: ResourceRef): Promise<Doc> => steps.require(scope, ref, session),

  async create(scope: ClientScope, by: AuditActor, fresh: Doc): Promise<Doc> {
    await steps.create(scope, by, fresh, session);
    return fresh;
  },

  async change(scope: ClientScope, by: AuditActor, ref: ResourceRef, change: Change<Doc>): Promise<Doc> {
    const current = await steps.require(scope, ref, session);
    return (await steps.change(scope, by, { current, change }, session)).after;
  },

  /** Writes several objects, none of them twice; returns the changed ones as they are then. */
  writeEach: (scope: ClientScope, by: AuditActor, batch: Batch<Doc>): Promise<readonly Doc[]> =>
    steps.writeEach(scope, by, batch, session),
});

type Steps<Doc extends Versioned> = ReturnType<typeof createSteps<Doc>>;

/** The steps of a write; all run inside a transaction. */
function createSteps<Doc extends Versioned>(audit: AuditService, description: ResourceDescription<Doc>) {
  const { type, noun = type } = description;
  const recordEach = createRecorder(audit, description);

  const changedSinceRead = (): AppError =>
    new AppError('precondition-failed', `The ${noun} was changed by someone else since you read it.`);

  return {
    noun,

    async require(scope: ClientScope, { id, version }: ResourceRef, session?: ClientSession): Promise<Doc> {
      const current = await description.find(scope, id, session);
      if (current === null) throw notFound(noun);
      if (version !== undefined && version !== current.version) throw changedSinceRead();
      return current;
    },

    async create(scope: ClientScope, by: AuditActor, fresh: Doc, session: ClientSession): Promise<void> {
      if (description.insert === undefined)
        throw new Error(`A ${noun} cannot be created through its resource.`);
      await description.insert(scope, fresh, session);
      await recordEach(scope, by, [{ action: `${type}.created`, before: null, after: fresh }], session);
    },

    async writeEach(
      scope: ClientScope,
      by: AuditActor,
      { created, action, changed }: Batch<Doc>,
      session: ClientSession,
    ): Promise<readonly Doc[]> {
      const { many } = description;
      if (many === undefined) throw new Error(`Several objects of ${noun} cannot be written at once.`);
      const decided = changed.map(({ before, after }) =>
        after === before ? { before, after } : { before, after: { ...after, version: before.version + 1 } },
      );
      const written = decided.filter(({ before, after }) => after !== before);
      await many.insert(scope, created, session);
      if (!(await many.replace(scope, written, session))) throw changedSinceRead();
      await many.afterChange(scope, written, session);
      const recorded = [
        ...created.map((after) => ({ action: `${type}.created`, before: null, after })),
        ...written.map((each) => ({ action, ...each })),
      ];
      await recordEach(scope, by, recorded, session);
      return decided.map(({ after }) => after);
    },

    async change(
      scope: ClientScope,
      by: AuditActor,
      { current, change }: { readonly current: Doc; readonly change: Change<Doc> },
      session: ClientSession,
    ): Promise<Written<Doc>> {
      const decided = await change.decide(current, session);
      if (decided === current) return { before: current, after: current };
      const written = { before: current, after: { ...decided, version: current.version + 1 } };
      if (!(await description.replace(scope, current, written.after, session))) throw changedSinceRead();
      await description.afterChange?.(scope, written, session);
      await recordEach(scope, by, [{ action: change.action, ...written }], session);
      return written;
    },

    async remove(scope: ClientScope, by: AuditActor, current: Doc, session: ClientSession): Promise<void> {
      if (description.remove === undefined)
        throw new Error(`A ${noun} cannot be deleted through its resource.`);
      if (!(await description.remove(scope, current, session))) throw changedSinceRead();
      await recordEach(scope, by, [{ action: `${type}.deleted`, before: current, after: null }], session);
    },
  };
}

/** Records writes in their transaction. */
const createRecorder = <Doc extends Versioned>(
  audit: AuditService,
  description: ResourceDescription<Doc>,
) => {
  const { type, auditedFieldsOf, eventOf } = description;
  const targetOf = description.targetOf ?? (({ _id }: Doc) => ({ type, id: _id }));
  return async (
    scope: ClientScope,
    by: AuditActor,
    recorded: readonly Recorded<Doc>[],
    session: ClientSession,
  ): Promise<void> => {
    const fieldsOf = (doc: Doc | null) => (doc === null ? null : auditedFieldsOf(doc));
    const writes = recorded.map((each) => ({
      action: each.action,
      target: targetOf(writtenTo(each).doc),
      before: fieldsOf(each.before),
      after: fieldsOf(each.after),
    }));
    await audit.recordAll(scope, by, writes, session);
    const events = recorded.flatMap((each) => eventOf?.(each) ?? []);
    if (events.length > 0) await audit.events.recordMany(scope, session, events);
  };
};
