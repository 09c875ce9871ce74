import type { ClientSession, mongo } from 'mongoose';
import type { TenantDocument } from './declare-model.ts';
import type { ClientScope } from './mongo.ts';

/** The driver's options, with a session that may be undefined. */
export type WithSession<Options> = Omit<Options, 'session'> & {
  readonly session?: ClientSession | undefined;
};

/** The scope comes last: it overrides a `clientId` in the filter or document. */
export const owned = <Given extends object>({ clientId }: ClientScope, given: Given) => ({
  ...given,
  clientId,
});

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
