const dayMs = 24 * 60 * 60 * 1_000;

/** A time in so many days, as requests name it. */
export const inDays = (days: number): string => new Date(Date.now() + days * dayMs).toISOString();
