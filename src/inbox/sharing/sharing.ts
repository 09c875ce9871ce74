import type { Types } from 'mongoose';
import type { Resource } from '../../audit/resource.ts';
import type { AuditActor } from '../../audit/service.ts';
import type { Audience } from '../../events/declare.ts';
import { userOf } from '../../http/actor.ts';
import type { Actor } from '../../http/route.ts';
import { AppError, notFound } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';

/** Something that all users share, or that one user has for themselves. */
export interface Shareable {
  /** The user whose own it is; null if all users share it. It never changes. */
  readonly ownerId: Types.ObjectId | null;
}

export type Sharing = 'shared' | 'own';

/** The user who acts. Everybody has things of their own; only admins change the shared ones. */
export interface SharingUser {
  readonly by: Extract<AuditActor, { userId: Types.ObjectId }>;
  readonly isAdmin: boolean;
}

export const sharingUserOf = (actor: Actor): SharingUser => ({
  by: userOf(actor),
  isAdmin: actor.role === 'admin',
});

export const sharingOf = ({ ownerId }: Shareable): Sharing => (ownerId === null ? 'shared' : 'own');

/** Who is told of a change. */
export const audienceOf = ({ ownerId }: Shareable): Audience =>
  ownerId === null ? 'everyone' : { userId: ownerId };

type Doc = Shareable & { readonly _id: Types.ObjectId; readonly version: number };

/**
 * Who may see and change the objects of a noun. Those of a colleague do not exist for a user. `short` is the noun after
 * “shared”.
 */
export function createSharedAccess<D extends Doc>(
  resource: Pick<Resource<D>, 'require'>,
  noun: string,
  short = noun,
) {
  function assertMayShare({ isAdmin }: SharingUser): void {
    if (isAdmin) return;
    throw new AppError('forbidden', `Only an admin may create, change or delete a shared ${short}.`);
  }

  async function get(scope: ClientScope, { by }: Pick<SharingUser, 'by'>, id: Types.ObjectId): Promise<D> {
    const found = await resource.require(scope, { id, version: undefined });
    if (found.ownerId === null || found.ownerId.equals(by.userId)) return found;
    throw notFound(noun);
  }

  return {
    /** Throws `not-found`. */
    get,

    /** As `get`; throws `forbidden` too. The owner never changes, so this may come before the transaction. */
    async requireEditable(scope: ClientScope, who: SharingUser, id: Types.ObjectId): Promise<D> {
      const found = await get(scope, who, id);
      if (found.ownerId === null) assertMayShare(who);
      return found;
    },

    /** The owner of a new object; throws `forbidden` if the user may not share it. */
    ownerOfNew(who: SharingUser, sharing: Sharing): Types.ObjectId | null {
      if (sharing === 'own') return who.by.userId;
      assertMayShare(who);
      return null;
    },
  };
}
