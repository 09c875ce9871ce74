import type { ClientSession, Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { newId, newSecret, sha256Hex } from '../../platform/ids.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { EmailConfirmationDoc, EmailConfirmationRepository } from './repository.ts';

export type { EmailConfirmationDoc } from './repository.ts';

export interface EmailConfirmationDeps {
  readonly confirmations: EmailConfirmationRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type EmailConfirmationLinks = ReturnType<typeof createEmailConfirmationLinks>;

/** Counted from the time at which the mail is written. */
export const confirmationTtlMs = 24 * 60 * 60_000;

/** Links that confirm an e-mail address once, within a limited time. */
export function createEmailConfirmationLinks({ confirmations, audit, clock }: EmailConfirmationDeps) {
  return {
    /** Issues a link for the address and returns its token, which cannot be read again. */
    async issue(scope: ClientScope, user: { _id: Types.ObjectId; email: string }): Promise<string> {
      const token = newSecret();
      const { _id: userId, email } = user;
      const createdAt = clock.now();
      const expiresAt = new Date(createdAt.getTime() + confirmationTtlMs);
      const link = { _id: newId(), userId, email, tokenHash: sha256Hex(token), createdAt, expiresAt };
      await audit.audited(scope, { type: 'system' }, async (session) => {
        await confirmations.insert(scope, link, session);
        const target = { type: 'user', id: userId };
        const write = { action: 'user.confirmation-link-issued', target, before: null, after: { expiresAt } };
        return { result: null, write };
      });
      return token;
    },

    /** The link of a token; throws `invalid-link` if there is none or it has expired. */
    async require(token: string): Promise<EmailConfirmationDoc> {
      const link = await confirmations.findByTokenHashAcrossClients(sha256Hex(token));
      if (link === null || link.expiresAt <= clock.now()) throw invalidConfirmation();
      return link;
    },

    /** Redeems a link and removes all others of the user; throws `invalid-link` if it was already redeemed. */
    async redeem(scope: ClientScope, link: EmailConfirmationDoc, session: ClientSession): Promise<void> {
      if (!(await confirmations.take(scope, link._id, session))) throw invalidConfirmation();
      await confirmations.removeAllOf(scope, link.userId, session);
    },

    /** Removes all links of a user. */
    revokeAll: (scope: ClientScope, userId: Types.ObjectId, session: ClientSession): Promise<void> =>
      confirmations.removeAllOf(scope, userId, session),
  };
}

export const invalidConfirmation = (): AppError =>
  new AppError('invalid-link', 'The link is not valid, has expired or was already used.');
