import type { Actor } from './route.ts';

export interface OperatorRequest {
  readonly method: string;
  /** The pattern of the path. */
  readonly route: string;
  /** The ids in the path. */
  readonly ids: Readonly<Record<string, unknown>>;
}

/** Records what an operator requests in a client, before it is handled; if that fails, so does the request. */
export type RecordOperatorRequest = (actor: Actor, request: OperatorRequest) => Promise<void>;
