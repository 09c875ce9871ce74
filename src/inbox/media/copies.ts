import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Types } from 'mongoose';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Spool } from '../../storage/spool.ts';
import { keyOf } from '../../storage/rules.ts';
import { FileMissing, type FileStorage } from '../../storage/storage.ts';
import { ruleFor } from '../../whatsapp/error-classes.ts';
import type { Unanswered } from '../../whatsapp/gateway.ts';
import type { FileToUpload, MediaGateway, MediaUpload } from '../../whatsapp/media-gateway.ts';
import type { FileTarget } from './fetch.ts';
import { kindRuleOf } from './kinds.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';
import { isCopyFresh, judgeFailure, type FetchVerdict } from './rules.ts';
import type { MediaProblem } from './states.ts';

interface CopyDeps {
  readonly files: Pick<MediaRepository, 'findById' | 'noteCopy'>;
  readonly channels: Pick<ChannelDirectory, 'findById' | 'senderOf'>;
  readonly gateway: Pick<MediaGateway, 'upload'>;
  readonly storage: Pick<FileStorage, 'open'>;
  readonly spool: Spool;
  readonly clock: Clock;
}

/** `refused`: the provider does not take the file. `gone`: the file or its channel does not exist. */
export type CopyEnd =
  | { readonly kind: 'copied' | 'refused' | 'gone' }
  | Extract<FetchVerdict, { kind: 'again' }>;

export type MediaCopies = ReturnType<typeof createMediaCopies>;

/** Gives the provider copies of stored files. A second copy does no harm, so an attempt may be repeated. */
export function createMediaCopies(deps: CopyDeps) {
  const { files, channels, clock } = deps;

  async function upload(
    file: MediaFileDoc,
    sender: Parameters<MediaGateway['upload']>[0],
    signal: AbortSignal,
  ): Promise<MediaUpload | null> {
    const path = await deps.spool.newPath();
    try {
      const key = keyOf(file.clientId.toHexString(), file._id.toHexString());
      await pipeline(await deps.storage.open(key), createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
        signal,
      });
      return await deps.gateway.upload(sender, toUpload(file, path), signal);
    } catch (error) {
      if (error instanceof FileMissing) return null;
      throw error;
    } finally {
      await rm(path, { force: true });
    }
  }

  return {
    async copy({ scope, id }: FileTarget, channelId: Types.ObjectId, signal: AbortSignal): Promise<CopyEnd> {
      const [file, channel] = [await files.findById(scope, id), await channels.findById(scope, channelId)];
      if (file?.state !== 'stored' || channel === null) return { kind: 'gone' };
      const sender = channels.senderOf(channel);
      const { phoneNumberId } = sender;
      if (copyOf(file, phoneNumberId, clock.now())?.mediaId !== undefined) return { kind: 'copied' };
      const answer = await upload(file, sender, signal);
      if (answer === null) return { kind: 'gone' };
      if (answer.kind === 'uploaded') {
        const { mediaId } = answer;
        await files.noteCopy(scope, id, { phoneNumberId, mediaId, at: clock.now() });
        return { kind: 'copied' };
      }
      const problem = refusalOf(answer);
      if (problem !== null) {
        await files.noteCopy(scope, id, { phoneNumberId, problem, at: clock.now() });
        return { kind: 'refused' };
      }
      const verdict = judgeFailure(answer);
      return verdict.kind === 'again' ? verdict : { kind: 'refused' };
    },
  };
}

/** The fresh copy for a number, or why the provider refused it; null if there is neither. */
export function copyOf(
  { copies = [] }: Pick<MediaFileDoc, 'copies'>,
  phoneNumberId: string,
  now: Date,
): { readonly mediaId?: string; readonly problem?: MediaProblem } | null {
  const copy = copies.find((one) => one.phoneNumberId === phoneNumberId);
  return copy !== undefined && isCopyFresh(copy, now) ? copy : null;
}

/** Errors about the file itself do not pass; those about the account, the token or the rate do. */
function refusalOf(answer: Unanswered): MediaProblem | null {
  if (answer.kind !== 'refused') return null;
  const { code, title } = answer.error;
  return ruleFor(answer.error).class === 'message' ? { code: String(code), title } : null;
}

const toUpload = ({ bytes, mimeType }: MediaFileDoc, path: string): FileToUpload => ({
  path,
  bytes: bytes ?? 0,
  mimeType: mimeType ?? 'application/octet-stream',
  filename: `file.${kindRuleOf(mimeType)?.extension ?? 'bin'}`,
});
