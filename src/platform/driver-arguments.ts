import type { ClientSession, mongo, Types } from 'mongoose';
import type { TenantDocument } from './declare-model.ts';
import type { ClientScope } from './mongo.ts';
import type { Unscoped } from './tenant-queries.ts';

/** The driver's options, with a session that may be undefined. */
export type WithSession<Options> = Omit<Options, 'session'> & {
  readonly session?: ClientSession | undefined;
};

/** The scope comes last: it overrides a `clientId` in the filter or document. */
export const owned = <Given extends object>({ clientId }: ClientScope, given: Given) => ({
  ...given,
  clientId,
});

/**
 * As `owned`. Where a filter is a disjunction and nothing else, each part gets the scope, so that the database plans each by
 * itself. Beside the scope, it chooses the indexes of all parts by the first documents that it finds, and may read a whole
 * collection for the last part.
 */
export function ownedParts(scope: ClientScope, given: mongo.Document): mongo.Document {
  const { $or: parts, ...others } = given;
  if (!Array.isArray(parts) || parts.length === 0 || Object.keys(others).length > 0)
    return owned(scope, given);
  return { $or: parts.map((part: mongo.Document) => ownedParts(scope, part)) };
}

/** Hides our types from the driver, whose own filter and update types reject them. */
export const plain = (given: mongo.Document): mongo.Document => given;

/** The driver's command has no type parameter for its result; the model declares it. */
export const documentOf = <Doc extends TenantDocument>(found: mongo.Document | null): Doc | null =>
  found as Doc | null;

export function withSession<Options extends { readonly session?: ClientSession | undefined }>({
  session,
  ...options
}: Options): Omit<Options, 'session'> & { session?: ClientSession } {
  return session === undefined ? options : { ...options, session };
}

export interface Versioned {
  readonly _id: Types.ObjectId;
  readonly version: number;
}

export interface Replaced<Doc> {
  readonly current: Versioned;
  readonly next: Unscoped<Doc>;
}

/** Finds the document at the version that was read, and replaces it. */
export function replacementOf<Doc>(scope: ClientScope, { current: { _id, version }, next }: Replaced<Doc>) {
  const { _id: _same, ...replacement }: mongo.Document = owned(scope, next);
  return { filter: owned(scope, { _id, version }), replacement };
}
