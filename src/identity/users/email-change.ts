import type { Types } from 'mongoose';
import type { EmailChange, EmailChangeSide, UserDoc } from './model.ts';

/** The rules of a change of address. Pure. */

/** Counted from the request, for both links. */
export const emailChangeTtlMs = 24 * 60 * 60_000;

/** What a link from a mail stands for. */
export interface EmailChangeKey {
  readonly changeId: Types.ObjectId;
  readonly side: EmailChangeSide;
}

/** The user with a new change, which replaces the one before and its links. */
export const withEmailChange = (
  user: UserDoc,
  started: Pick<EmailChange, 'id' | 'email' | 'startedBy'>,
  now: Date,
): UserDoc => ({
  ...user,
  emailChange: {
    ...started,
    startedAt: now,
    expiresAt: new Date(now.getTime() + emailChangeTtlMs),
    confirmedAt: {},
  },
});

/** The same object if there is no change. */
export function withoutEmailChange(user: UserDoc): UserDoc {
  if (user.emailChange === undefined) return user;
  const { emailChange: _dropped, ...rest } = user;
  return rest;
}

/** The change that still waits for links; undefined if there is none or it has expired. */
export const openEmailChangeOf = ({ emailChange }: UserDoc, now: Date): EmailChange | undefined =>
  emailChange !== undefined && emailChange.expiresAt > now ? emailChange : undefined;

/** Whether an admin started the change, for a user who no longer reads the old mailbox. */
export const isStartedByAdmin = ({ _id }: Pick<UserDoc, '_id'>, { startedBy }: EmailChange): boolean =>
  !startedBy.equals(_id);

/** The mailboxes whose link is still to be used. */
export function sidesToConfirm(user: Pick<UserDoc, '_id'>, change: EmailChange): readonly EmailChangeSide[] {
  const needed: readonly EmailChangeSide[] = isStartedByAdmin(user, change) ? ['new'] : ['old', 'new'];
  return needed.filter((side) => change.confirmedAt[side] === undefined);
}

/** The change that a link belongs to; undefined if it is over, or a newer one has replaced it. */
export function emailChangeOf(
  user: UserDoc,
  { changeId }: EmailChangeKey,
  now: Date,
): EmailChange | undefined {
  const open = openEmailChangeOf(user, now);
  return open?.id.equals(changeId) === true ? open : undefined;
}

/**
 * The user after a link was used: with the new, confirmed address once no other link is needed. Undefined if the link is
 * not needed or its change is over.
 */
export function confirmEmailChange(user: UserDoc, key: EmailChangeKey, now: Date): UserDoc | undefined {
  const change = emailChangeOf(user, key, now);
  if (change === undefined || !sidesToConfirm(user, change).includes(key.side)) return undefined;
  const confirmed = { ...change, confirmedAt: { ...change.confirmedAt, [key.side]: now } };
  if (sidesToConfirm(user, confirmed).length > 0) return { ...user, emailChange: confirmed };
  return { ...withoutEmailChange(user), email: change.email, emailConfirmedAt: now };
}
