import type { MediaState } from './states.ts';

/** The contract between the product, the workflows of files and their activities. Carries ids only. */
export const fetchMediaType = 'fetchMedia';
export const copyMediaType = 'copyMedia';
/** Files have places of their own: large ones must not hold those of sends. */
export const mediaQueue = 'media';

/** The workflow that fetches the file of a message. */
export const fetchWorkflowIdOf = (messageId: string): string => `media:${messageId}`;

/** The workflow that gives the provider a copy of a file for sends from one channel. */
export const copyWorkflowIdOf = (fileId: string, channelId: string): string =>
  `media-copy:${fileId}:${channelId}`;

export interface FileRef {
  readonly clientId: string;
  readonly fileId: string;
}

export interface FetchMediaInput extends FileRef {
  /** Version of this input's shape. */
  readonly v: 1;
  /** Epoch milliseconds from which on the provider no longer has the file. */
  readonly fetchByMs: number;
}

export interface CopyMediaInput extends FileRef {
  readonly v: 1;
  readonly channelId: string;
}

const failureTypePrefix = 'MEDIA_';

/** The failure type of an attempt, as the Temporal UI shows it: `MEDIA_190`. */
export const mediaFailureTypeOf = (code: string): string => `${failureTypePrefix}${code}`;

/** One attempt may take this long: 100 MB at 1 Mbit/s. */
export const attemptTimeoutMs = 15 * 60_000;
/** An attempt whose worker died is repeated after this time. */
export const fileHeartbeatTimeoutMs = 30_000;

/** The waits between attempts: 10 s, 30 s, 90 s … at most 6 h. */
export const fetchRetry = {
  initialInterval: 10_000,
  backoffCoefficient: 3,
  maximumInterval: 6 * 3_600_000,
} as const;

/** The activities of the workflows, by the name that workflows call. */
export interface MediaActivities {
  /** Fetches the file once. Throws a retryable failure while another attempt may help. */
  fetchFile(ref: FileRef): Promise<MediaState>;
  /** The provider no longer has the file. */
  expireFile(ref: FileRef): Promise<MediaState>;
  /** Copies the file to the provider once. Throws a retryable failure while another attempt may help. */
  copyFile(ref: FileRef & { readonly channelId: string }): Promise<'copied' | 'refused' | 'gone'>;
}
