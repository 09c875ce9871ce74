import type { ClientSession, Types } from 'mongoose';
import { AppError, type Issue } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { segmentFields, toObjectId, type SegmentCustomField } from './fields.ts';
import { segmentFilter, type SegmentNode } from './read.ts';
import { referencesOf, type SegmentReferences } from './references.ts';
import type { SegmentDoc } from './repository.ts';

/** A port for custom fields. */
interface FieldDefinitions {
  /** All of a client, archived ones included. */
  findAll(scope: ClientScope, session?: ClientSession): Promise<readonly SegmentCustomField[]>;
  /** Keeps the definitions from being deleted until the transaction has ended. */
  hold(scope: ClientScope, keys: readonly string[], session: ClientSession): Promise<void>;
}

/** A port for tags and groups. */
interface NamedSets {
  /** All of a client. */
  findPlaces(
    scope: ClientScope,
    session?: ClientSession,
  ): Promise<readonly { readonly _id: Types.ObjectId }[]>;
  /** Keeps them from being deleted until the transaction has ended. */
  hold(scope: ClientScope, ids: readonly Types.ObjectId[], session: ClientSession): Promise<void>;
}

/** As many problems of a filter are named. */
const maxFaults = 200;

export interface SegmentFilterDeps {
  readonly customFields: FieldDefinitions;
  readonly tags: NamedSets;
  readonly groups: NamedSets;
}

/** A segment with what its filter names in vain. */
export interface WithFaults {
  readonly segment: SegmentDoc;
  readonly faults: readonly Issue[];
}

type Read = { readonly node: SegmentNode } | { readonly faults: readonly Issue[] };

export type SegmentFilters = ReturnType<typeof createSegmentFilters>;

/** Reads filters by the custom fields (archived ones included), tags and groups that the client has at the moment. */
export function createSegmentFilters({ customFields, tags, groups }: SegmentFilterDeps) {
  async function reader(scope: ClientScope, session?: ClientSession): Promise<(filter: unknown) => Read> {
    const vocabulary = {
      customFields: await customFields.findAll(scope, session),
      tags: idsOf(await tags.findPlaces(scope, session)),
      groups: idsOf(await groups.findPlaces(scope, session)),
    };
    const schema = segmentFilter(segmentFields(vocabulary));
    return (filter) => {
      const result = schema.safeParse(filter);
      if (result.success) return { node: result.data };
      const faults = result.error.issues.slice(0, maxFaults).map(({ path, message }) => ({
        path: ['filter', ...path].join('.'),
        message,
      }));
      return { faults };
    };
  }

  async function require(scope: ClientScope, filter: unknown, session?: ClientSession): Promise<SegmentNode> {
    const read = (await reader(scope, session))(filter);
    if ('node' in read) return read.node;
    const errors = read.faults.map(({ path, message }) => ({ path: `body.${path}`, message }));
    throw new AppError('invalid-input', 'The filter has problems.', { errors });
  }

  return {
    /** Throws `invalid-input` with everything that is wrong with the filter. */
    require: (scope: ClientScope, filter: unknown): Promise<SegmentNode> => require(scope, filter),

    /** What the filter names; its custom fields, tags and groups are not deleted until the transaction has ended. Throws as `require`. */
    async hold(scope: ClientScope, filter: unknown, session: ClientSession): Promise<SegmentReferences> {
      const references = referencesOf(await require(scope, filter, session));
      if (references.customFields.length > 0)
        await customFields.hold(scope, references.customFields, session);
      await hold(tags, scope, references.tags, session);
      await hold(groups, scope, references.groups ?? [], session);
      return references;
    },

    /** Finds what stored filters name in vain. */
    async checker(scope: ClientScope): Promise<(segment: SegmentDoc) => WithFaults> {
      const read = await reader(scope);
      return (segment) => {
        const result = read(segment.filter);
        return { segment, faults: 'node' in result ? [] : result.faults };
      };
    },
  };
}

const idsOf = (sets: readonly { readonly _id: Types.ObjectId }[]): ReadonlySet<string> =>
  new Set(sets.map(({ _id }) => _id.toHexString()));

async function hold(
  sets: NamedSets,
  scope: ClientScope,
  ids: readonly string[],
  session: ClientSession,
): Promise<void> {
  if (ids.length > 0) await sets.hold(scope, ids.map(toObjectId), session);
}
