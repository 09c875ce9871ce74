import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId, newSecret, sha256Hex } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { EmailChangeLinkDoc, EmailChangeLinkRepository } from './repository.ts';

export type { EmailChangeLinkDoc } from './repository.ts';

export interface EmailChangeLinkDeps {
  readonly links: EmailChangeLinkRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type EmailChangeLinks = ReturnType<typeof createEmailChangeLinks>;

/** Links that confirm or reject a change of address. They end with the change, and the user records which was used. */
export function createEmailChangeLinks({ links, audit, clock }: EmailChangeLinkDeps) {
  return {
    /** Issues a link and returns its token, which cannot be read again. */
    async issue(
      scope: ClientScope,
      link: Pick<EmailChangeLinkDoc, 'userId' | 'changeId' | 'side' | 'expiresAt'>,
    ): Promise<string> {
      const token = newSecret();
      const stored = { ...link, _id: newId(), tokenHash: sha256Hex(token), createdAt: clock.now() };
      await audit.audited(scope, { type: 'system' }, async (session) => {
        await links.insert(scope, stored, session);
        const target = { type: 'user', id: link.userId };
        const after = { side: link.side, expiresAt: link.expiresAt };
        return {
          result: null,
          write: { action: 'user.email-change-link-issued', target, before: null, after },
        };
      });
      return token;
    },

    /** The link of a token; throws `invalid-link` if there is none or it has expired. */
    async require(token: string): Promise<EmailChangeLinkDoc> {
      const link = await links.findByTokenHashAcrossClients(sha256Hex(token));
      if (link === null || link.expiresAt <= clock.now()) throw invalidEmailChange();
      return link;
    },

    /** Removes all links of a user. */
    revokeAll: (scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> =>
      links.removeAllOf(scope, userId, session),
  };
}

export const invalidEmailChange = (): AppError =>
  new AppError('invalid-link', 'The link is not valid, has expired or was already used.');
