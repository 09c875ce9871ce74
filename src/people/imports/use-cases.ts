import { createHash } from 'node:crypto';
import mongoose, { type Types } from 'mongoose';
import type { ResourceRef } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, wrongState } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import type { ListOrder } from '../../platform/listing.ts';
import type { Logger } from '../../platform/logger.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import { decodeCursor, toPage, type Page } from '../../platform/pagination.ts';
import type { ImportChanges, ImportFields, Move } from './changes.ts';
import { hasNoRoom } from './new-tags.ts';
import { canUndo, type ImportCommand } from './lifecycle.ts';
import { maxCopies, maxRunning, type Author, type ImportDoc, type ImportRepository } from './repository.ts';
import type { ImportRowDoc, ImportRowRepository, PageOfRows } from './stored-rows/repository.ts';
import type { ImportSettings } from './settings.ts';
import type { ImportWorkflows } from './workflows.ts';

export type { ImportDoc } from './repository.ts';
export type { ImportRowDoc, RowVerdict } from './stored-rows/repository.ts';

export interface ImportUseCaseDeps {
  readonly imports: ImportRepository;
  readonly rows: ImportRowRepository;
  readonly changes: ImportChanges;
  readonly workflows: ImportWorkflows;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

type By = Author & AuditActor;

/** Null takes a choice back. */
export type SettingsPatch = { readonly [F in keyof ImportSettings]?: ImportSettings[F] | null | undefined };

export interface RowFilter extends Omit<PageOfRows, 'n' | 'limit'> {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type ImportUseCases = ReturnType<typeof createImportUseCases>;

/** What users do with imports. */
export function createImportUseCases(deps: ImportUseCaseDeps) {
  const { imports, changes, clock } = deps;

  async function move(scope: ClientScope, by: By, ref: ResourceRef, what: Move): Promise<ImportDoc> {
    const doc = await changes.move(scope, by, ref, what);
    wake(deps, doc);
    return doc;
  }

  const simply =
    (command: ImportCommand, fields: ImportFields = {}) =>
    (scope: ClientScope, by: By, ref: ResourceRef): Promise<ImportDoc> =>
      move(scope, by, ref, { command, fieldsOf: () => fields });

  return {
    ...createReads(deps),

    /** Takes the choices and analyses the file again. Throws `wrong-state`. */
    change: (scope: ClientScope, by: By, ref: ResourceRef, patch: SettingsPatch): Promise<ImportDoc> =>
      move(scope, by, ref, {
        command: 'change',
        fieldsOf: ({ settings, analysis, copies }) => ({
          ...{ settings: patched(settings, patch), analysis: analysis + 1 },
          copies: [...copies, newId()].slice(-maxCopies),
          ...{ work: undefined, found: undefined, planned: undefined, readyAt: undefined },
          newTags: undefined,
          ...{ rowCount: undefined, blankLines: undefined },
        }),
      }),

    /** Throws `wrong-state`, also for more new tags than there is room for, `too-many-imports`, and `already-exists` for a file that was imported in the same way. */
    async start(
      scope: ClientScope,
      by: By,
      ref: ResourceRef,
      { isForced }: { readonly isForced: boolean },
    ): Promise<ImportDoc> {
      const fieldsOf = (doc: ImportDoc): ImportFields => {
        assertRoomForTags(doc);
        return {
          ...{ startedBy: { type: by.type, userId: by.userId }, startedAt: clock.now() },
          ...(isForced ? {} : { contentKey: contentKeyOf(doc) }),
        };
      };
      try {
        return await inSlot((slot) =>
          move(scope, by, ref, { command: 'start', fieldsOf: (doc) => ({ ...fieldsOf(doc), slot }) }),
        );
      } catch (error) {
        if (!isTaken(error, 'contentKey')) throw error;
        const doc = await changes.require(scope, { id: ref.id, version: undefined });
        throw importedBefore(await imports.findByContentKey(scope, contentKeyOf(doc)));
      }
    },

    pause: simply('pause', { slot: undefined }),

    /** Throws `wrong-state` and `too-many-imports`. */
    resume: (scope: ClientScope, by: By, ref: ResourceRef): Promise<ImportDoc> =>
      inSlot((slot) => move(scope, by, ref, { command: 'resume', fieldsOf: () => ({ slot }) })),

    cancel: simply('cancel', { slot: undefined }),

    /** Throws `wrong-state`, also when the time for it is over. */
    undo: (scope: ClientScope, by: By, ref: ResourceRef): Promise<ImportDoc> =>
      move(scope, by, ref, {
        command: 'undo',
        fieldsOf(doc) {
          if (!canUndo(doc, clock.now()) && doc.state !== 'undoing')
            throw wrongState('An import can be undone for seven days, if it was started.', doc.state);
          return { undoneBy: { type: by.type, userId: by.userId } };
        },
      }),
  };
}

/** Otherwise its first rows would fill the register of tags, and the others would be invalid. */
function assertRoomForTags({ newTags, state }: ImportDoc): void {
  if (newTags === undefined || !hasNoRoom(newTags)) return;
  const { count, isExact, room } = newTags;
  const many = isExact ? String(count) : `more than ${count}`;
  const detail = `The file would make ${many} new tags, and there is room for ${room}. Choose another column for tags, or none.`;
  throw wrongState(detail, state);
}

const createReads = ({ imports, rows, changes }: ImportUseCaseDeps) => ({
  get: (scope: ClientScope, id: Types.ObjectId): Promise<ImportDoc> =>
    changes.require(scope, { id, version: undefined }),

  async list(
    scope: ClientScope,
    { limit, order }: { readonly limit: number; readonly order: ListOrder<ImportDoc> },
  ): Promise<Page<ImportDoc>> {
    return toPage(await imports.list(scope, order, limit + 1), limit, order.cursorOf);
  },

  /** In the order of the file. */
  async listRows(
    scope: ClientScope,
    id: Types.ObjectId,
    { limit, cursor, ...filter }: RowFilter,
  ): Promise<Page<ImportRowDoc>> {
    const n = cursor === undefined ? 0 : decodeCursor(cursor, 'number').key;
    const { analysis } = await changes.require(scope, { id, version: undefined });
    const found = await rows.findAfter(scope, { importId: id, analysis }, { n, limit: limit + 1, ...filter });
    return toPage(found, limit, (row) => ({ key: row.n, id: row._id }));
  },
});

/** Not awaited: if Temporal is away, the timer of the import wakes the workflow. */
export function wake(
  { workflows, logger }: Pick<ImportUseCaseDeps, 'workflows' | 'logger'>,
  doc: ImportDoc,
): void {
  workflows.wake(doc).catch((error: unknown) => {
    logger.warn({ error, importId: doc._id }, 'the workflow of an import was not woken; its timer does it');
  });
}

function patched(settings: ImportSettings, patch: SettingsPatch): ImportSettings {
  const next = { ...settings, ...patch };
  return Object.fromEntries(
    Object.entries(next).filter(([, value]) => value !== undefined && value !== null),
  ) as ImportSettings;
}

/** The same file, read in the same way. */
const contentKeyOf = ({ sha256, settings, found }: ImportDoc): string => {
  const { mapping = found?.proposed.mapping, encoding, delimiter, defaultCountry, bareDigits } = settings;
  const content = { sha256, mapping, encoding, delimiter, defaultCountry, bareDigits };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
};

const importedBefore = (earlier: ImportDoc | null): AppError =>
  new AppError(
    'already-exists',
    'This file was imported before, with the same columns. Start it with `?force=true` to import it again.',
    { extensions: earlier === null ? {} : { existingId: earlier._id.toHexString() } },
  );

/** Whether the unique index on this field has refused a write. */
const isTaken = (error: unknown, field: keyof ImportDoc): boolean =>
  isDuplicateKey(error) &&
  error instanceof mongoose.mongo.MongoServerError &&
  Object.hasOwn((error['keyPattern'] as object | undefined) ?? {}, field);

/** Takes one of the places of imports that run: the unique index gives each to one. */
async function inSlot(take: (slot: number) => Promise<ImportDoc>): Promise<ImportDoc> {
  for (let slot = 0; slot < maxRunning; slot += 1) {
    try {
      return await take(slot);
    } catch (error) {
      if (!isTaken(error, 'slot')) throw error;
    }
  }
  throw new AppError('too-many-imports', `At most ${maxRunning} imports run at the same time.`);
}
