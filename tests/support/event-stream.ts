import assert from 'node:assert/strict';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { waitFor } from './wait.ts';

export interface StreamedEvent {
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly entity: { readonly type: string; readonly id: string };
  readonly version: number;
  readonly view: Readonly<Record<string, unknown>>;
}

/** An event about a moment, without a number. */
export type PassedEvent = Pick<StreamedEvent, 'type' | 'entity' | 'view'>;

export interface EventStreamClient {
  readonly status: number;
  readonly headers: Headers;
  /** Everything that was received, as text. */
  text(): string;
  /** The events so far, without `ready`, `ping`, `reset` and `expired`. */
  events(): readonly StreamedEvent[];
  /** The events without a number so far. */
  passed(): readonly PassedEvent[];
  /** The names of the other frames so far, but for the first one, `ready`. */
  notices(): readonly string[];
  /** The id that a browser would send as `Last-Event-ID`. */
  lastEventId(): string;
  isEnded(): boolean;
  untilEvents(count: number): Promise<readonly StreamedEvent[]>;
  untilEnded(timeoutMs?: number): Promise<void>;
  hasEnded(): boolean;
  close(): void;
}

export interface OpenOptions {
  readonly token?: string;
  readonly ticket?: string;
  readonly lastEventId?: string;
}

/** A client of `GET /api/events`, as a browser is one. */
export async function openEvents(
  baseUrl: string,
  { token, ticket, lastEventId }: OpenOptions,
): Promise<EventStreamClient> {
  const abort = new AbortController();
  const query = ticket === undefined ? '' : `?ticket=${encodeURIComponent(ticket)}`;
  const response = await fetch(`${baseUrl}/api/events${query}`, {
    signal: abort.signal,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  const received: EventSourceMessage[] = [];
  let text = '';
  let isEnded = false;
  const parser = createParser({ onEvent: (message) => received.push(message) });
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const part = decoder.decode(chunk as Uint8Array, { stream: true });
      text += part;
      parser.feed(part);
    }
  })().catch(() => undefined);
  void reading.then(() => (isEnded = true));
  const parsed = () =>
    received
      .filter(({ event }) => event === undefined)
      .map(({ id, data }) => ({ id, event: JSON.parse(data) as StreamedEvent }));
  const events = () =>
    parsed()
      .filter(({ event }) => 'seq' in event)
      .map(({ id, event }) => {
        assert.equal(id, String(event.seq));
        return event;
      });
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    events,
    passed: () => parsed().flatMap(({ event }) => ('seq' in event ? [] : [event])),
    notices: () =>
      received.flatMap(({ event }) =>
        event === undefined || event === 'ready' || event === 'ping' ? [] : [event],
      ),
    // A frame that was cut off has no effect, as in a browser.
    lastEventId: () =>
      [...text.slice(0, text.lastIndexOf('\n\n') + 1).matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
    isEnded: () => isEnded,
    untilEvents: (count) =>
      waitFor(`${count} events`, () => {
        const found = events();
        return found.length >= count ? found : undefined;
      }),
    async untilEnded(timeoutMs = 15_000) {
      await waitFor('the stream has ended', () => isEnded, { timeoutMs, everyMs: 20 });
    },
    hasEnded: () => isEnded,
    close: () => abort.abort(),
  };
}
