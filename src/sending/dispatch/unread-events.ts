import type { ClientScope } from '../../platform/mongo.ts';

/** What the intake has stored and nobody has read; `app/` plugs it in. */
export interface UnreadEvents {
  /**
   * Whether an unread event of the business names one of these identities (keys as in `gates/person.ts`) and may hold an
   * opt-out. True from the moment at which the request of the event was answered until it is read or a dead letter.
   */
  mayStop(scope: ClientScope, identities: readonly string[]): Promise<boolean>;
}
