import type { ClientSession } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { CustomFieldRepository } from './repository.ts';
import { readFieldFilters, type FieldCondition } from './filters.ts';
import { judgeFields, type FieldChanges, type FieldRules, type RequestedFields } from './rules.ts';

interface FieldCheckDeps {
  readonly fields: Pick<CustomFieldRepository, 'findAll' | 'markUsed'>;
  readonly clock: Clock;
}

/** More issues would not help the caller. */
const maxIssues = 200;

export type CheckFields = ReturnType<typeof createCheckFields>;

/** Judges values of custom fields by the definitions of the business, on every way into a contact. */
export const createCheckFields =
  ({ fields, clock }: FieldCheckDeps) =>
  /**
   * What each request changes, in their order; call it in the transaction that stores it. Throws `invalid-input` with every
   * issue of the first request that has any, its path below `body.customFields`.
   */
  async (
    scope: ClientScope,
    requests: readonly RequestedFields[],
    session: ClientSession,
  ): Promise<FieldChanges[]> => {
    if (requests.every(({ given, isNew }) => given === undefined && !isNew))
      return requests.map(() => new Map());
    const definitions = await fields.findAll(scope, session);
    const all = requests.map((requested) => changesOf(definitions, requested));
    const first = definitions.filter(
      ({ key, usedAt }) => usedAt === undefined && all.some((changes) => (changes.get(key) ?? null) !== null),
    );
    const ids = first.map(({ _id }) => _id);
    if (ids.length > 0) await fields.markUsed(scope, ids, { usedAt: clock.now(), session });
    return all;
  };

function changesOf(definitions: readonly FieldRules[], requested: RequestedFields): FieldChanges {
  if (requested.given === undefined && !requested.isNew) return new Map();
  const { changes, issues } = judgeFields(definitions, requested);
  if (issues.length === 0) return changes;
  const errors = issues.slice(0, maxIssues).map(({ path, message }) => ({
    path: `body.customFields.${path}`,
    message,
  }));
  throw new AppError('invalid-input', 'The custom fields of the contact are not valid.', { errors });
}

export type ReadFilters = ReturnType<typeof createReadFilters>;

/** Reads the filters of a list of contacts by the definitions of the business. */
export const createReadFilters =
  ({ fields }: { readonly fields: Pick<CustomFieldRepository, 'findAll'> }) =>
  /** Throws `invalid-input` with every issue, its path below `query.customField`. */
  async (
    scope: ClientScope,
    given: Readonly<Record<string, string>> | undefined,
  ): Promise<readonly FieldCondition[]> => {
    if (given === undefined) return [];
    const { conditions, issues } = readFieldFilters(await fields.findAll(scope), given);
    if (issues.length === 0) return conditions;
    const errors = issues.map(({ path, message }) => ({ path: `query.customField.${path}`, message }));
    throw new AppError('invalid-input', 'The filters by custom fields are not valid.', { errors });
  };
