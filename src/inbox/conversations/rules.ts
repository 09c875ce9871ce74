/** Meta's customer service window: free-form messages are allowed for 24 h after the contact's last message. */
const windowMs = 24 * 60 * 60 * 1_000;

/** The window closes a minute early, so that a message sent at the last moment still arrives in time. */
const safetyMs = 60 * 1_000;

/** How long a message of the contact opens the window. */
export const windowLengthMs = windowMs - safetyMs;

/** The end of the window that a message of the contact opens; `inboundAt` is the provider's time. */
export const windowAfter = (inboundAt: Date): Date => new Date(inboundAt.getTime() + windowLengthMs);

interface Window<Writer> {
  readonly windowExpiresAt: Date;
  readonly windowFrom?: Writer;
}

/** The window of a new thread: the one of an earlier thread if that closes later, and who opened it. */
export const laterWindow = <Writer>(
  earlier: Partial<Window<Writer>> | null,
  opened: Window<Writer>,
): Window<Writer> => {
  const { windowExpiresAt, windowFrom } = earlier ?? {};
  if (windowExpiresAt === undefined || windowExpiresAt <= opened.windowExpiresAt) return opened;
  return { windowExpiresAt, ...(windowFrom === undefined ? {} : { windowFrom }) };
};

/** Whether a free-form message may be sent at `at`; `windowExpiresAt` is null if the contact never wrote. */
export const isWindowOpen = (windowExpiresAt: Date | null, at: Date): boolean =>
  windowExpiresAt !== null && at < windowExpiresAt;

const hourMs = 60 * 60 * 1_000;

export type ReopeningRule = 'store-closed' | 'reopen' | 'open-new';

/**
 * Where a message goes that the contact wrote at `at` and that finds no open or pending conversation. The provider's time
 * decides and not the arrival: a message from before the closing belongs to the closed conversation and reopens nothing,
 * unless the product closed it and did not know of the message.
 */
export function ruleForClosed(
  { closedAt, answeredUntil = closedAt }: { readonly closedAt: Date; readonly answeredUntil?: Date },
  at: Date,
  reopenWithinHours: number,
): ReopeningRule {
  if (at <= answeredUntil) return 'store-closed';
  const isSoon = at.getTime() - closedAt.getTime() <= reopenWithinHours * hourMs;
  return isSoon && reopenWithinHours > 0 ? 'reopen' : 'open-new';
}
