import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId, newSecret, sha256Hex } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { LinkPurpose, PasswordLinkDoc, PasswordLinkRepository } from './repository.ts';

export type { LinkPurpose, PasswordLinkDoc } from './repository.ts';

export interface PasswordLinkDeps {
  readonly links: PasswordLinkRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type PasswordLinks = ReturnType<typeof createPasswordLinks>;

const minuteMs = 60_000;

/** Counted from the time at which the mail is written. */
export const linkTtlMs: Readonly<Record<LinkPurpose, number>> = {
  reset: 30 * minuteMs,
  invitation: 7 * 24 * 60 * minuteMs,
};

/** Links that set a password once, within a limited time. */
export function createPasswordLinks({ links, audit, clock }: PasswordLinkDeps) {
  return {
    /** Issues a link and returns its token, which cannot be read again. */
    async issue(
      scope: ClientScope,
      { _id: userId, email }: { readonly _id: Types.ObjectId; readonly email: string },
      purpose: LinkPurpose,
    ): Promise<string> {
      const token = newSecret();
      const createdAt = clock.now();
      const expiresAt = new Date(createdAt.getTime() + linkTtlMs[purpose]);
      const link = {
        _id: newId(),
        userId,
        email,
        purpose,
        tokenHash: sha256Hex(token),
        createdAt,
        expiresAt,
      };
      await audit.audited(scope, { type: 'system' }, async (session) => {
        await links.insert(scope, link, session);
        const target = { type: 'user', id: userId };
        const after = { purpose, expiresAt };
        return { result: null, write: { action: 'user.password-link-issued', target, before: null, after } };
      });
      return token;
    },

    /** The link of a token; throws `invalid-link` if there is none or it has expired. */
    async require(token: string): Promise<PasswordLinkDoc> {
      const link = await links.findByTokenHashAcrossClients(sha256Hex(token));
      if (link === null || link.expiresAt <= clock.now()) throw invalidLink();
      return link;
    },

    /** Redeems a link and removes all other links of the user; throws `invalid-link` if it was already redeemed. */
    async redeem(scope: ClientScope, link: PasswordLinkDoc, session: ClientSession): Promise<void> {
      if (!(await links.take(scope, link._id, session))) throw invalidLink();
      await links.removeAllOf(scope, link.userId, session);
    },

    /** Removes all links of a user. */
    revokeAll: (scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> =>
      links.removeAllOf(scope, userId, session),
  };
}

export const invalidLink = (): AppError =>
  new AppError('invalid-link', 'The link is not valid, has expired or was already used.');
