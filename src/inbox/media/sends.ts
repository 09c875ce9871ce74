import { Types } from 'mongoose';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { copyOf } from './copies.ts';
import { kindRuleOf, type SendKind } from './kinds.ts';
import type { MediaRepository } from './repository.ts';
import type { MediaProblem, MediaState } from './states.ts';
import type { MediaWorkflows } from './workflows.ts';

interface SendDeps {
  readonly files: Pick<MediaRepository, 'findById'>;
  readonly workflows: Pick<MediaWorkflows, 'startCopy'>;
  readonly clock: Clock;
}

/** What the sender of a file needs to know. */
export interface FileToSend {
  readonly state: MediaState;
  /** The kind of message that sends it; null if WhatsApp does not send such a file. */
  readonly kind: SendKind | null;
}

/** The copy of a file at the provider, for one number. */
export type CopyState =
  | { readonly kind: 'ready'; readonly mediaId: string }
  | { readonly kind: 'refused'; readonly problem: MediaProblem }
  /** The file was erased, or never stored. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'missing' };

export type FileSends = ReturnType<typeof createFileSends>;

/** Files as parts of messages that are sent. */
export const createFileSends = ({ files, workflows, clock }: SendDeps) => ({
  async findForSend(scope: ClientScope, fileId: string): Promise<FileToSend | null> {
    const file = await files.findById(scope, Types.ObjectId.createFromHexString(fileId));
    if (file === null) return null;
    const rule = kindRuleOf(file.mimeType);
    const isSmallEnough = rule !== null && (file.bytes ?? 0) <= rule.maxBytes;
    return { state: file.state, kind: isSmallEnough ? rule.kind : null };
  },

  async copyFor(scope: ClientScope, fileId: string, phoneNumberId: string): Promise<CopyState> {
    const file = await files.findById(scope, Types.ObjectId.createFromHexString(fileId));
    if (file?.state !== 'stored') return { kind: 'gone' };
    const copy = copyOf(file, phoneNumberId, clock.now());
    if (copy?.mediaId !== undefined) return { kind: 'ready', mediaId: copy.mediaId };
    return copy?.problem === undefined ? { kind: 'missing' } : { kind: 'refused', problem: copy.problem };
  },

  /** Starts to copy the file to the provider; a second start finds the run of the first. */
  startCopy: ({ clientId }: ClientScope, fileId: string, channelId: Types.ObjectId): Promise<void> =>
    workflows.startCopy(
      { _id: Types.ObjectId.createFromHexString(fileId), clientId },
      channelId.toHexString(),
    ),
});
