import type { FreeFormPayload } from '../../whatsapp/free-form.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import type { MessageDoc } from '../messages/use-cases.ts';
import type { DispatchDeps, Target } from './steps.ts';

/** The copy of the message's file at the provider. */
export type FileOutcome =
  /** `mediaId` is missing for a message without a file of ours. */
  | { readonly kind: 'ready'; readonly mediaId?: string }
  | { readonly kind: 'unfit'; readonly failure: MessageFailure }
  | { readonly kind: 'wait'; readonly until: Date };

const minDelayMs = 500;
const maxDelayMs = 60_000;

/**
 * The provider's copy of the file, which sends need. The copy is made by a workflow of its own, because a large file takes
 * minutes, and the places of the provider's queue are for calls of a second. The longer a message has waited, the longer
 * it waits for the next look.
 */
export async function copyOfFile(
  { files, clock, logger }: Pick<DispatchDeps, 'files' | 'clock' | 'logger'>,
  { scope, id }: Target,
  message: Pick<MessageDoc, 'content' | 'channelId' | 'timestamp' | 'sendAt'>,
  phoneNumberId: string,
): Promise<FileOutcome> {
  const { fileId } = message.content;
  if (fileId === undefined) return { kind: 'ready' };
  const copy = await files.copyFor(scope, fileId, phoneNumberId);
  if (copy.kind === 'ready') return { kind: 'ready', mediaId: copy.mediaId };
  if (copy.kind === 'gone') return { kind: 'unfit', failure: erased };
  if (copy.kind === 'refused') return { kind: 'unfit', failure: refused(copy.problem) };
  await files.startCopy(scope, fileId, message.channelId).catch((error: unknown) => {
    logger.warn({ messageId: id.toHexString(), error }, 'copy of a file not started: it is tried again');
  });
  const now = clock.now();
  const waitedMs = now.getTime() - (message.sendAt ?? message.timestamp).getTime();
  const delayMs = Math.min(Math.max(waitedMs / 4, minDelayMs), maxDelayMs);
  return { kind: 'wait', until: new Date(now.getTime() + delayMs) };
}

const erased: MessageFailure = {
  code: 'file-erased',
  class: 'message',
  title: 'The file was erased',
  detail: 'The file of the message was erased before the message left.',
  advice: 'Upload the file again and send a new message.',
};

const refused = ({ code, title }: { readonly code: string; readonly title: string }): MessageFailure => ({
  code,
  class: 'message',
  title: 'WhatsApp does not take the file',
  detail: title,
  advice: 'Check the file, upload it in another format and send a new message.',
});

/** The payload with the provider's id of its file in place of ours. Other payloads have no file of ours. */
export function withMediaId(payload: FreeFormPayload, id: string): FreeFormPayload {
  switch (payload.type) {
    case 'image':
      return { ...payload, image: { ...payload.image, id } };
    case 'video':
      return { ...payload, video: { ...payload.video, id } };
    case 'audio':
      return { ...payload, audio: { ...payload.audio, id } };
    case 'document':
      return { ...payload, document: { ...payload.document, id } };
    case 'sticker':
      return { ...payload, sticker: { ...payload.sticker, id } };
    default:
      return payload;
  }
}
