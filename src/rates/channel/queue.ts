/**
 * What the server lets through of a channel's messages, to all workers together, where `channel/rules.ts` limits the
 * calls themselves exactly. Pure.
 *
 * It keeps a backlog at the server, where the most urgent message goes first, and away from the workers' slots. It is
 * looser than the channel's limit: the workers always have somebody to call for, and what they send back to wait (at
 * worst one a second of a slow channel, a tenth of a fast one) costs little. The server has one number for all
 * channels, and multiplies it by each channel's weight.
 */
export const queueRate = (perSecond: number): number => perSecond * 1.1 + 1;

/** The weight of a channel where the server's number is that of the usual one. */
export const queueWeight = (perSecond: number, defaultPerSecond: number): number =>
  queueRate(perSecond) / queueRate(defaultPerSecond);
