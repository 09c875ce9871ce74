import type { ClientSession } from 'mongoose';
import { createResource, type ResourceRef } from '../../audit/resource.ts';
import type { AuditActor, AuditService } from '../../audit/service.ts';
import { writtenTo } from '../../audit/written.ts';
import type { Clock } from '../../platform/clock.ts';
import { wrongState } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Timers } from '../../timers/timers.ts';
import { attentionAt, isEnded, stateAfter, statesFor, type ImportCommand } from './lifecycle.ts';
import type { ImportObserver } from './observers.ts';
import type { ImportDoc, ImportRepository } from './repository.ts';

export interface ChangeDeps {
  readonly imports: ImportRepository;
  readonly timers: Pick<Timers, 'arm'>;
  readonly audit: AuditService;
  readonly observer: Pick<ImportObserver, 'ended'>;
  readonly clock: Clock;
}

export const importTimer = 'import';

/** If the API dies before it has woken the workflow, the timer does. */
const wakeAfterMs = 5_000;

/** Fields that the change sets; undefined removes one. */
export type ImportFields = { readonly [F in keyof ImportDoc]?: ImportDoc[F] | undefined };

export type ImportChanges = ReturnType<typeof createImportChanges>;

/** The only way to another state: by a command, from a state that allows it, at the version that was read. */
export function createImportChanges({ imports, timers, audit, observer, clock }: ChangeDeps) {
  const arm = (scope: ClientScope, doc: ImportDoc, session?: ClientSession) => {
    const now = clock.now();
    const isWorking = !isEnded(doc.state) && doc.state !== 'ready' && doc.state !== 'uploading';
    const dueAt = isWorking ? new Date(now.getTime() + wakeAfterMs) : attentionAt(doc, now);
    return timers.arm(scope, { kind: importTimer, subjectId: doc._id, dueAt }, session);
  };

  const resource = createResource<ImportDoc>(audit, {
    type: 'import',
    find: imports.findById,
    insert: imports.insert,
    replace: imports.replace,
    remove: imports.remove,
    auditedFieldsOf: ({ state, filename, settings, planned, outcomes }) => ({
      ...{ state, filename: filename ?? null, settings },
      ...{ planned: planned ?? null, outcomes: outcomes ?? null },
    }),
    eventOf(written) {
      const { verb, doc, version } = writtenTo(written);
      const { _id: id, state, rowCount = null } = doc;
      return {
        ...({ type: `import.${verb}`, entity: { type: 'import', id } } as const),
        ...{ version, view: { state, rows: rowCount } },
      };
    },
    async afterChange(scope, { after }, session) {
      await arm(scope, after, session);
    },
  });

  return {
    require: resource.require,
    remove: resource.remove,

    async create(scope: ClientScope, by: AuditActor, fresh: ImportDoc): Promise<void> {
      await audit.runInTransaction(async (session) => {
        await resource.within(session).create(scope, by, fresh);
        await arm(scope, fresh, session);
      });
    },

    /** Throws `wrong-state`; also what `fieldsOf` throws, which judges the import as it is. */
    async move(
      scope: ClientScope,
      by: AuditActor,
      ref: ResourceRef,
      { command, fieldsOf }: Move,
    ): Promise<ImportDoc> {
      const doc = await resource.change(scope, by, ref, {
        action: `import.${actionOf[command]}`,
        decide: (current) => moved(current, command, { fields: fieldsOf?.(current) ?? {}, at: clock.now() }),
      });
      if (isEnded(doc.state)) observer.ended(doc.state);
      return doc;
    },

    /** As `move`, for what the work on an import finds: nothing if the import is in another state, or analysed again. */
    async moveOn(
      scope: ClientScope,
      { _id, analysis }: Pick<ImportDoc, '_id' | 'analysis'>,
      command: ImportCommand,
      fields: ImportFields = {},
    ): Promise<void> {
      let hasMoved = false;
      const doc = await resource.changeIfExists(scope, { type: 'system' }, _id, {
        action: `import.${actionOf[command]}`,
        decide(current) {
          hasMoved = current.analysis === analysis && stateAfter(current.state, command) !== undefined;
          return hasMoved ? moved(current, command, { fields, at: clock.now() }) : current;
        },
      });
      if (doc !== null && hasMoved && isEnded(doc.state)) observer.ended(doc.state);
    },
  };
}

export interface Move {
  readonly command: ImportCommand;
  readonly fieldsOf?: (current: ImportDoc) => ImportFields;
}

const actionOf: Readonly<Record<ImportCommand, string>> = {
  ...{ change: 'changed', start: 'started', pause: 'paused', resume: 'resumed', cancel: 'canceled' },
  ...{ undo: 'undone', arrived: 'uploaded', analysed: 'analysed', refused: 'refused' },
  ...{ applied: 'completed', settled: 'settled', 'taken-back': 'taken-back', expired: 'expired' },
};

function moved(
  current: ImportDoc,
  command: ImportCommand,
  { fields, at }: { readonly fields: ImportFields; readonly at: Date },
): ImportDoc {
  const state = stateAfter(current.state, command);
  if (state === undefined) {
    const allowed = statesFor(command).join(', ');
    throw wrongState(`The import is ${current.state}; this needs one that is ${allowed}.`, current.state);
  }
  const isOver = isEnded(state) && !isEnded(current.state);
  const next = { ...current, ...(isOver ? { endedAt: at } : {}), ...fields, state, updatedAt: at };
  // Undefined removes a field, and none that every import has is removed.
  return Object.fromEntries(
    Object.entries(next).filter(([, value]) => value !== undefined),
  ) as unknown as ImportDoc;
}
