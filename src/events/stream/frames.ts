import type { NumberedEvent } from '../repository.ts';

/** A frame stays far below this: a view has at most 4 KB. */
export const maxFrameBytes = 32 * 1_024;

export type ResetReason = 'too-old' | 'unknown';

/** An event as clients see it. */
export const toEventView = ({ _id, seq, type, at, entity, version, view }: NumberedEvent) => ({
  id: _id.toHexString(),
  seq,
  type,
  at: at.toISOString(),
  entity: { type: entity.type, id: entity.id.toHexString() },
  version,
  view,
});

/** The frame of an event. It has no `event` field, so that one handler gets every type, also those added later. */
export function eventFrame(event: NumberedEvent): string {
  const frame = `id: ${event.seq}\ndata: ${JSON.stringify(toEventView(event))}\n\n`;
  if (Buffer.byteLength(frame) > maxFrameBytes)
    throw new Error(`The frame of event ${event._id.toHexString()} is larger than ${maxFrameBytes} bytes.`);
  return frame;
}

/**
 * Begins a stream: how long a client waits before it reconnects, and where it stands. A browser tells its page only of
 * named or full frames, and the page must know its place before the first event.
 */
export const openingFrame = (seq: number, retryMs: number): string =>
  `retry: ${retryMs}\nid: ${seq}\nevent: ready\ndata: ${JSON.stringify({ seq })}\n\n`;

/**
 * Ends the silence of proxies, and moves the client past events that it may not see. It has a name and data, because
 * browsers do not tell their pages of comments or of frames without data.
 */
export const heartbeatFrame = (seq: number): string => `id: ${seq}\nevent: ping\ndata: {}\n\n`;

/** Tells the client that it has missed events, and must load what it shows again. */
export const resetFrame = (seq: number, reason: ResetReason): string =>
  `id: ${seq}\nevent: reset\ndata: ${JSON.stringify({ seq, reason })}\n\n`;

/** The access token is over; the client reconnects with a new one. */
export const expiredFrame = 'event: expired\ndata: {}\n\n';

/** The process stops: the client reconnects soon, to another one. */
export const retryFrame = (retryMs: number): string => `retry: ${retryMs}\n\n`;
