/** What a user chooses, and what comes of it. */
export const presences = ['online', 'away', 'offline'] as const;
export type Presence = (typeof presences)[number];

/** A stream of live events or a heartbeat counts for this long. */
export const connectionMs = 60_000;

export interface Standing {
  readonly chosen: Presence;
  readonly chosenAt: Date;
  readonly connectedUntil?: Date;
  readonly disabledAt?: Date;
}

export const isConnected = ({ connectedUntil }: Standing, now: Date): boolean =>
  connectedUntil !== undefined && connectedUntil > now;

/** The chosen state counts while the user is connected and not disabled. */
export function effectivePresence(standing: Standing, now: Date): Presence {
  if (standing.disabledAt !== undefined || !isConnected(standing, now)) return 'offline';
  return standing.chosen;
}

/** Since when the user is offline; null if online or away. */
export function offlineSince(standing: Standing, now: Date): Date | null {
  if (effectivePresence(standing, now) !== 'offline') return null;
  const { chosen, chosenAt, connectedUntil, disabledAt } = standing;
  const since = [
    ...(disabledAt === undefined ? [] : [disabledAt]),
    ...(chosen === 'offline' ? [chosenAt] : []),
    ...(isConnected(standing, now) ? [] : [connectedUntil ?? chosenAt]),
  ];
  return since.reduce((earliest, at) => (at < earliest ? at : earliest));
}
