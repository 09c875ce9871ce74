import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ReadTagNames, TagNames } from '../contact-sets/tags/names.ts';
import type { ContactDoc } from './store/repository.ts';

/** What contacts are shown with. */
export interface Shown {
  /** Of all their tags. */
  readonly tagNames: TagNames;
  readonly clientZone: string;
  readonly now: Date;
}

export interface ShownDeps {
  readonly readTagNames: ReadTagNames;
  /** The zone of the client. */
  readonly zoneOf: (scope: ClientScope) => Promise<string>;
  readonly clock: Clock;
}

export type ReadShown = ReturnType<typeof createReadShown>;

/** Reads what these contacts are shown with. */
export const createReadShown =
  ({ readTagNames, zoneOf, clock }: ShownDeps) =>
  async (scope: ClientScope, contacts: readonly ContactDoc[]): Promise<Shown> => {
    const [tagNames, clientZone] = await Promise.all([readTagNames(scope, contacts), zoneOf(scope)]);
    return { tagNames, clientZone, now: clock.now() };
  };
