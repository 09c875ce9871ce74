import type { ClientSession, Types } from 'mongoose';
import { AppError } from '../../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { ContactRecord, ContactUseCases, ContactWrite, Person } from '../../contacts/use-cases.ts';
import type { PlanContext, Planned, Planner } from '../plan/planner.ts';
import type { ContactChange, PlanKind } from '../plan/rules.ts';
import { independent, writesContact } from './parts.ts';
import { verdictOf, type CheckedPlan } from '../plan/with-fields.ts';
import type { ImportObserver } from '../observers.ts';
import type {
  ImportRowDoc,
  ImportRowRepository,
  RowBefore,
  RowSettlement,
} from '../stored-rows/repository.ts';
import type { RowOutcome } from '../states.ts';

export interface WriteRowDeps {
  readonly rows: Pick<ImportRowRepository, 'settle' | 'settleEach' | 'finished'>;
  readonly contacts: Pick<ContactUseCases, 'writeEachWithin' | 'findRecord' | 'finishConsent'>;
  readonly plan: Planner;
  readonly observer: Pick<ImportObserver, 'settled'>;
  readonly runInTransaction: RunInTransaction;
}

/** In whose name, and by which rules, the rows of an import are written. */
export interface RowWriting {
  readonly scope: ClientScope;
  readonly importId: Types.ObjectId;
  readonly by: Person;
  readonly context: PlanContext;
}

const outcomes: Readonly<Record<PlanKind, RowOutcome>> = {
  ...{ create: 'created', update: 'updated', unchanged: 'unchanged', skip: 'skipped' },
  ...{ invalid: 'invalid', duplicate: 'duplicate', ambiguous: 'ambiguous' },
};

/** A row has its outcome already: another attempt was faster, or the import was canceled. */
class RowSettled extends Error {
  override readonly name = 'RowSettled';
}

/** Concurrent writes of the same person, such as a message that comes in, are met by planning again. */
const maxTries = 5;

/**
 * Plans rows once more and writes their contacts, with their outcomes, in one transaction: a crash leaves all or nothing,
 * and no row is written twice. Rows that must see what an earlier one of them writes stay pending. If the transaction fails
 * because of one row, halves of the rows are tried, so that the others are written and this one has its own outcome.
 */
export async function writeRows(
  deps: WriteRowDeps,
  writing: RowWriting,
  rows: readonly ImportRowDoc[],
): Promise<void> {
  const [first, ...others] = rows;
  if (first === undefined) return;
  if (others.length === 0) return writeAlone(deps, writing, first);
  try {
    await writeTogether(deps, writing, rows);
  } catch (error) {
    if (!isOfOneRow(error)) throw error;
    const middle = Math.ceil(rows.length / 2);
    await writeRows(deps, writing, rows.slice(0, middle));
    await writeRows(deps, writing, rows.slice(middle));
  }
}

const isOfOneRow = (error: unknown): boolean =>
  error instanceof RowSettled ||
  isDuplicateKey(error) ||
  (error instanceof AppError && (error.code === 'invalid-input' || error.code === 'precondition-failed'));

async function writeAlone(deps: WriteRowDeps, writing: RowWriting, row: ImportRowDoc): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await writeTogether(deps, writing, [row]);
      return;
    } catch (error) {
      if (error instanceof RowSettled) return;
      if (error instanceof AppError && error.code === 'invalid-input') {
        if (await deps.rows.settle(writing.scope, row._id, refusalOf(row, error)))
          deps.observer.settled(['invalid']);
        return;
      }
      if (tries >= maxTries || !isDuplicateKey(error)) throw error;
    }
  }
}

async function writeTogether(
  deps: WriteRowDeps,
  writing: RowWriting,
  rows: readonly ImportRowDoc[],
): Promise<void> {
  const settled = await deps.runInTransaction(async (session) => {
    const settlements = await writeOnce(deps, writing, { rows, session });
    const count = await deps.rows.settleEach(writing.scope, settlements, session);
    if (count !== settlements.length) throw new RowSettled();
    return settlements;
  });
  deps.observer.settled(settled.map(({ outcome }) => outcome));
  for (const row of settled) if (row.isFinishing === true) await finishRow(deps, writing, row);
}

type Settled = RowSettlement & Pick<ImportRowDoc, '_id'>;

async function writeOnce(
  deps: WriteRowDeps,
  { scope, importId, by, context }: RowWriting,
  { rows, session }: { readonly rows: readonly ImportRowDoc[]; readonly session: ClientSession },
): Promise<Settled[]> {
  const together = independent(rows, await deps.plan(scope, rows, { ...context, session }));
  const writes = together.flatMap(({ row, planned }): ContactWrite[] => {
    if (!writesContact(planned)) return [];
    const { plan, contact } = planned;
    const consent = consentOf(plan, context, importId);
    const fields = { ...plan.change, ...(consent === undefined ? {} : { consent }) };
    const origin = { importId, n: row.n };
    return contact === undefined
      ? [{ fields: withoutNulls(fields), origin }]
      : [{ id: contact._id, changes: fields }];
  });
  const written = (await deps.contacts.writeEachWithin(scope, by, writes, session)).values();
  return together.map(({ row, planned }) => ({
    _id: row._id,
    ...settlementOf(row, planned, writesContact(planned) ? written.next().value : undefined),
  }));
}

/** How a row ends. `written` is its contact as it is then; undefined if it writes none. */
function settlementOf(
  row: ImportRowDoc,
  { plan, contact }: Planned,
  written: ContactRecord | undefined,
): RowSettlement {
  const isKept = plan.change.optInStatus === 'opted-in' && written?.optInStatus === 'opted-out';
  const contactId = written?._id ?? contact?._id;
  return {
    outcome: outcomes[plan.kind],
    result: verdictOf(isKept ? { ...plan, notices: ['consent-kept'] } : plan),
    ...(plan.kind === row.plan?.kind ? {} : { isChangedSince: true }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(written === undefined ? {} : { contactVersion: written.version }),
    ...(Object.keys(plan.before).length === 0 ? {} : { before: beforeOf(plan, contact) }),
    ...(contact !== undefined && plan.change.optInStatus === 'opted-out' ? { isFinishing: true } : {}),
  };
}

/** With the ids of tags instead of their names, which may become others until the import is undone. */
function beforeOf({ before: { tags, ...before } }: CheckedPlan, contact: Planned['contact']): RowBefore {
  return tags === undefined ? before : { ...before, tagIds: contact?.tagIds ?? [] };
}

/** A file says what somebody heard some time ago. A status of a column has no statement for the whole file. */
function consentOf({ change }: CheckedPlan, { options }: PlanContext, importId: Types.ObjectId) {
  if (change.optInStatus === undefined) return undefined;
  const { source = `import ${importId.toHexString()}`, wording } = options.consent ?? {};
  const isHeard = change.optInStatus === 'opted-out';
  return {
    ...{ source, ...(wording === undefined ? {} : { wording }) },
    ...(isHeard ? {} : ({ isUnstated: true } as const)),
  };
}

type WithoutNulls<T> = { [F in keyof T]: Exclude<T[F], null> };

const withoutNulls = <T extends object>(fields: T): WithoutNulls<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as WithoutNulls<T>;

const refusalOf = (row: ImportRowDoc, { errors, message }: AppError): RowSettlement => ({
  outcome: 'invalid',
  result: {
    ...{ kind: 'invalid', codes: ['field-refused'], notices: [] },
    issues: errors ?? [{ path: 'row', message }],
  },
  ...(row.plan?.kind === 'invalid' ? {} : { isChangedSince: true }),
});

/** Cancels what waits to be sent to somebody who was opted out, and tells it to the person's other contacts. */
export async function finishRow(
  { rows, contacts }: Pick<WriteRowDeps, 'rows' | 'contacts'>,
  { scope, by, importId, context }: RowWriting,
  { _id, contactId }: Pick<ImportRowDoc, '_id' | 'contactId'>,
): Promise<void> {
  const record = contactId === undefined ? null : await contacts.findRecord(scope, contactId);
  if (record?.optInStatus === 'opted-out') {
    const { source = `import ${importId.toHexString()}` } = context.options.consent ?? {};
    const changes: ContactChange & { consent: { source: string } } = {
      ...{ optInStatus: 'opted-out', consent: { source } },
    };
    await contacts.finishConsent(scope, by, { record, changes });
  }
  await rows.finished(scope, _id);
}
