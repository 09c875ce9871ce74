/** Meta's customer service window: free-form messages are allowed for 24 h after the contact's last message. */
const windowMs = 24 * 60 * 60 * 1_000;

/** Closed a minute early, so that a message that leaves at the last moment still arrives inside. */
const safetyMs = 60 * 1_000;

/** When the window that a message of the contact opens closes; by the provider's time of that message. */
export const windowAfter = (inboundAt: Date): Date => new Date(inboundAt.getTime() + windowMs - safetyMs);

/** Whether a free-form message may leave at this time. Somebody who has never written has opened no window. */
export const isWindowOpen = (windowExpiresAt: Date | null, at: Date): boolean =>
  windowExpiresAt !== null && at < windowExpiresAt;
