import type { ClientSession } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { CustomFieldRepository } from './repository.ts';
import { readFieldFilters, type FieldCondition } from './filters.ts';
import { judgeFields, type FieldChanges, type RequestedFields } from './rules.ts';

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
   * What the request changes; call it in the transaction that stores it. Throws `invalid-input` with every issue, its path
   * below `body.customFields`.
   */
  async (scope: ClientScope, requested: RequestedFields, session: ClientSession): Promise<FieldChanges> => {
    if (requested.given === undefined && !requested.isNew) return new Map();
    const definitions = await fields.findAll(scope, session);
    const { changes, issues } = judgeFields(definitions, requested);
    if (issues.length > 0) {
      const errors = issues.slice(0, maxIssues).map(({ path, message }) => ({
        path: `body.customFields.${path}`,
        message,
      }));
      throw new AppError('invalid-input', 'The custom fields of the contact are not valid.', { errors });
    }
    const first = definitions.filter(
      ({ key, usedAt }) => usedAt === undefined && (changes.get(key) ?? null) !== null,
    );
    const ids = first.map(({ _id }) => _id);
    if (ids.length > 0) await fields.markUsed(scope, ids, { usedAt: clock.now(), session });
    return changes;
  };

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
