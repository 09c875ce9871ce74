import { createBreather } from '../../platform/breather.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { ImportDoc } from './repository.ts';

/** The time in which one part of the work on an import goes on, before others have their turn. */
export interface Slice {
  /** The process stops, or another attempt has begun. */
  readonly signal: AbortSignal;
  /** Whether it is time to leave the place to others. */
  isOver(): boolean;
  /** Tells that it works, and where it is. */
  beat(place: unknown): void;
}

/** An import as a slice finds it. */
export interface ImportWork {
  readonly scope: ClientScope;
  readonly doc: ImportDoc;
}

/** The state or the analysis has changed meanwhile: the slice writes nothing more. */
export class StaleSlice extends Error {
  override readonly name = 'StaleSlice';
}

/** A round of the event loop works on imports for at most this long: sends and webhooks of everybody go on. */
const maxBusyMs = 8;

/** All imports of a process share it, so that many of them hold the event loop no longer than one. */
const breather = createBreather(maxBusyMs);

/** The same items, with pauses for the rest of the process. Ends with an error when the slice is aborted. */
export async function* inTurns<T>(
  source: AsyncIterable<T>,
  { signal }: Pick<Slice, 'signal'>,
): AsyncGenerator<T> {
  for await (const item of source) {
    signal.throwIfAborted();
    await breather.breathe();
    yield item;
  }
}
