/** What decides whether and when an accepted message may leave. Each is judged here and nowhere else. */
export const gateNames = [
  'block-list',
  'consent',
  'schedule',
  'channel',
  'template',
  'window',
  'quiet-hours',
  'portfolio',
  'pair',
  'rate',
  'provider',
] as const;
export type GateName = (typeof gateNames)[number];

/** Whether what waits there is on its way, for seconds or until the provider's own delay is over, and not held. */
export const isBrief = (gate: GateName): boolean => gate === 'pair' || gate === 'rate' || gate === 'provider';
