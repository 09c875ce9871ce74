/** The gates that decide whether and when an accepted message may leave. */
export const gateNames = [
  'block-list',
  'consent',
  'opt-outs',
  'schedule',
  'channel',
  'template',
  'window',
  'quiet-hours',
  'order',
  'file',
  'portfolio',
  'pair',
  'rate',
  'provider',
] as const;
export type GateName = (typeof gateNames)[number];

/** Whether a wait at this gate is short (seconds, or the provider's own delay): such a message is not held. */
export const isBrief = (gate: GateName): boolean => briefGates.has(gate);

const briefGates: ReadonlySet<GateName> = new Set([
  ...(['opt-outs', 'order', 'file', 'pair', 'rate', 'provider'] as const),
]);

/** A call begins at most this long after the last look at its gates; else it is put off. */
export const maxLookAgeMs = 2_000;

/**
 * After this long, no call can begin that has not seen a closed gate. Longer than a look is good for, by the way of a
 * first byte to the provider.
 */
export const maxCloseMs = maxLookAgeMs + 500;
