import type { Readable } from 'node:stream';
import type { Sender, Unanswered } from './gateway.ts';

/** The port to the provider's files. Outcomes are values: provider failures never throw. */
export interface MediaGateway {
  /** Asks where the file is; the address is good for five minutes. */
  describe(sender: Sender, mediaId: string): Promise<MediaDescription>;
  /** Opens the file at an address that `describe` returned. The caller reads the stream or destroys it. */
  download(sender: Sender, url: string, signal: AbortSignal): Promise<MediaDownload>;
  /** Gives the provider a copy of a local file; it keeps the copy for 30 days. */
  upload(sender: Sender, file: FileToUpload, signal: AbortSignal): Promise<MediaUpload>;
  close(): Promise<void>;
}

export type MediaDescription =
  | {
      readonly kind: 'described';
      readonly url: string;
      /** Lower-case hexadecimal; missing if the provider does not tell it. */
      readonly sha256?: string;
      readonly bytes?: number;
    }
  | Unanswered;

export type MediaDownload = { readonly kind: 'opened'; readonly stream: Readable } | Unanswered;

export type MediaUpload = { readonly kind: 'uploaded'; readonly mediaId: string } | Unanswered;

export interface FileToUpload {
  readonly path: string;
  readonly bytes: number;
  readonly mimeType: string;
  /** Letters, digits and a dot only: the person sees the name in the message. */
  readonly filename: string;
}
