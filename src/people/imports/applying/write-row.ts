import type { ClientSession, Types } from 'mongoose';
import { AppError } from '../../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../../platform/mongo.ts';
import type { RunInTransaction } from '../../../platform/transaction.ts';
import type { ContactUseCases, Person } from '../../contacts/use-cases.ts';
import type { PlanContext, Planned, Planner } from '../plan/planner.ts';
import type { ContactChange, PlanKind } from '../plan/rules.ts';
import { verdictOf, type CheckedPlan } from '../plan/with-fields.ts';
import type { ImportRowDoc, ImportRowRepository, RowSettlement } from '../stored-rows/repository.ts';
import type { RowOutcome } from '../states.ts';

export interface WriteRowDeps {
  readonly rows: Pick<ImportRowRepository, 'settle' | 'finished'>;
  readonly contacts: Pick<
    ContactUseCases,
    'createImportedWithin' | 'changeWithin' | 'findRecord' | 'finishConsent'
  >;
  readonly plan: Planner;
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

/** How a row ends that writes no contact. */
export const settlementOf = (row: ImportRowDoc, { plan, contact }: Planned): RowSettlement => ({
  outcome: outcomes[plan.kind],
  result: verdictOf(plan),
  ...(plan.kind === row.plan?.kind ? {} : { isChangedSince: true }),
  ...(contact === undefined ? {} : { contactId: contact._id }),
});

export const writesContact = ({ plan }: Planned): boolean => plan.kind === 'create' || plan.kind === 'update';

/** The row has its outcome already: another attempt was faster, or the import was canceled. */
class RowSettled extends Error {
  override readonly name = 'RowSettled';
}

/** Concurrent writes of the same person, such as a message that comes in, are met by planning again. */
const maxTries = 5;

/**
 * Plans a row once more and writes its contact, with its outcome, in one transaction: a crash leaves both or neither, and
 * no row is written twice.
 */
export async function writeRow(deps: WriteRowDeps, writing: RowWriting, row: ImportRowDoc): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const settlement = await deps.runInTransaction((session) => writeOnce(deps, writing, { row, session }));
      if (settlement.isFinishing === true) await finishRow(deps, writing, { ...row, ...settlement });
      return;
    } catch (error) {
      if (error instanceof RowSettled) return;
      if (error instanceof AppError && error.code === 'invalid-input')
        return void (await deps.rows.settle(writing.scope, row._id, refusalOf(row, error)));
      if (tries >= maxTries || !isDuplicateKey(error)) throw error;
    }
  }
}

async function writeOnce(
  deps: WriteRowDeps,
  { scope, importId, by, context }: RowWriting,
  { row, session }: { readonly row: ImportRowDoc; readonly session: ClientSession },
): Promise<RowSettlement> {
  const [planned] = await deps.plan(scope, [row], { ...context, session });
  if (planned === undefined) throw new Error('A row has a plan.');
  const { plan, contact } = planned;
  const consent = consentOf(plan, context, importId);
  const fields = { ...plan.change, ...(consent === undefined ? {} : { consent }) };
  const written = !writesContact(planned)
    ? null
    : contact === undefined
      ? await deps.contacts.createImportedWithin(
          ...([
            scope,
            by,
            { fields: withoutNulls(fields), origin: { importId, n: row.n } },
            session,
          ] as const),
        )
      : await deps.contacts.changeWithin(scope, by, { id: contact._id, changes: fields }, session);
  const isKept = plan.change.optInStatus === 'opted-in' && written?.optInStatus === 'opted-out';
  const settlement: RowSettlement = {
    ...settlementOf(row, isKept ? { ...planned, plan: { ...plan, notices: ['consent-kept'] } } : planned),
    ...(written === null ? {} : { contactId: written._id, contactVersion: written.version }),
    ...(Object.keys(plan.before).length === 0 ? {} : { before: plan.before }),
    ...(contact !== undefined && plan.change.optInStatus === 'opted-out' ? { isFinishing: true } : {}),
  };
  if (!(await deps.rows.settle(scope, row._id, settlement, session))) throw new RowSettled();
  return settlement;
}

/** The source of a status that comes from a column, without a statement for the whole file. */
function consentOf({ change }: CheckedPlan, { options }: PlanContext, importId: Types.ObjectId) {
  if (change.optInStatus === undefined) return undefined;
  const { source = `import ${importId.toHexString()}`, wording } = options.consent ?? {};
  return { source, ...(wording === undefined ? {} : { wording }) };
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
