/**
 * The rate at which the Temporal server hands a channel's messages to all workers together. `channel/rules.ts` limits
 * the calls themselves exactly. Pure.
 *
 * It keeps a backlog at the server, where the most urgent message goes first, and out of the workers' slots. It is
 * looser than the channel's limit, so that workers never run dry; the few messages that they send back to wait (at
 * worst one a second of a slow channel, a tenth of a fast one) cost little. The server has one rate for all channels
 * and multiplies it by each channel's weight.
 */
export const queueRate = (perSecond: number): number => perSecond * 1.1 + 1;

/** The weight of a channel, if the server's rate is that of a channel at the default rate. */
export const queueWeight = (perSecond: number, defaultPerSecond: number): number =>
  queueRate(perSecond) / queueRate(defaultPerSecond);
