import type { Types } from 'mongoose';
import type { ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import { FileTooLarge, type Spool, type SpooledFile } from '../../storage/spool.ts';
import type { Sender } from '../../whatsapp/gateway.ts';
import type { MediaGateway } from '../../whatsapp/media-gateway.ts';
import { maxFileBytes } from './kinds.ts';
import type { FileKeeper } from './keeper.ts';
import type { MediaFileDoc, MediaRepository } from './repository.ts';
import { judgeFailure, judgeMismatch, outOfTime, tooLarge, type FetchVerdict } from './rules.ts';
import type { MediaState } from './states.ts';

export interface FetchDeps {
  readonly files: Pick<MediaRepository, 'findById' | 'noteProblem' | 'countMismatch' | 'settle'>;
  readonly channels: Pick<ChannelDirectory, 'findById' | 'senderOf'>;
  readonly gateway: Pick<MediaGateway, 'describe' | 'download'>;
  readonly spool: Spool;
  readonly keeper: FileKeeper;
  readonly clock: Clock;
  readonly maxBytes?: number;
}

export interface FileTarget {
  readonly scope: ClientScope;
  readonly id: Types.ObjectId;
}

/** `settled`: nothing is left to do. `again`: another attempt may help. */
export type FetchEnd =
  | { readonly kind: 'settled'; readonly state: MediaState }
  | Extract<FetchVerdict, { kind: 'again' }>;

/** What an attempt has brought: a file that matches its hash, or why there is none. */
type Received = { readonly kind: 'received'; readonly file: SpooledFile } | FetchVerdict;

/**
 * One attempt to fetch the file of a message: asks the provider where it is, writes it to the spool with a running hash,
 * compares the hash, stores the file. May be repeated and run twice at once: the file has one key, and one update
 * settles it.
 */
export function createFetch(deps: FetchDeps) {
  const { files, clock, keeper, maxBytes = maxFileBytes } = deps;

  async function attempt({ scope, id }: FileTarget, signal: AbortSignal): Promise<FetchEnd> {
    const file = await files.findById(scope, id);
    if (file === null) return { kind: 'settled', state: 'erased' };
    if (file.state !== 'pending') return { kind: 'settled', state: file.state };
    if (file.fetchBy !== undefined && file.fetchBy <= clock.now()) return expire({ scope, id });
    const received = await receive(deps, file, { signal, maxBytes });
    if (received.kind !== 'received') return follow({ scope, id }, received);
    try {
      const stored = await keeper.store(file, received.file);
      return await settle({ scope, id }, { state: 'stored', ...stored });
    } finally {
      await received.file.drop();
    }
  }

  /** Stores the end of the wait. A file that was erased in the meantime leaves nothing behind. */
  async function settle(
    { scope, id }: FileTarget,
    settlement: Omit<Parameters<MediaRepository['settle']>[2], 'settledAt'>,
  ): Promise<FetchEnd> {
    if (await files.settle(scope, id, { ...settlement, settledAt: clock.now() }))
      return { kind: 'settled', state: settlement.state };
    const current = await files.findById(scope, id);
    if (current === null) await keeper.remove(scope, id);
    return { kind: 'settled', state: current?.state ?? 'erased' };
  }

  async function follow(target: FileTarget, verdict: FetchVerdict): Promise<FetchEnd> {
    const { problem } = verdict;
    if (verdict.kind === 'settle') return settle(target, { state: verdict.state, problem });
    await files.noteProblem(target.scope, target.id, problem);
    return verdict;
  }

  const expire = (target: FileTarget): Promise<FetchEnd> =>
    settle(target, { state: 'expired', problem: outOfTime });

  return { attempt, expire };
}

export type MediaFetch = ReturnType<typeof createFetch>;

interface ReceiveOptions {
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

const channelMissing: FetchVerdict = {
  kind: 'again',
  problem: { code: 'channel-missing', title: 'The channel of the message does not exist' },
};

async function receive(deps: FetchDeps, file: MediaFileDoc, options: ReceiveOptions): Promise<Received> {
  const { channels, gateway } = deps;
  const { channelId, providerMediaId } = file;
  if (channelId === undefined || providerMediaId === undefined)
    throw new Error('A file that is to be fetched names its channel and the id of the provider.');
  const channel = await channels.findById({ clientId: file.clientId }, channelId);
  if (channel === null) return channelMissing;
  const sender = channels.senderOf(channel);
  const described = await gateway.describe(sender, providerMediaId);
  if (described.kind !== 'described') return judgeFailure(described);
  if (described.bytes !== undefined && described.bytes > options.maxBytes) return tooLarge;
  const received = await download(deps, { sender, url: described.url }, options);
  if (received.kind !== 'received') return received;
  const expected = file.declared.sha256 ?? described.sha256;
  if (expected === undefined || expected === received.file.sha256) return received;
  await received.file.drop();
  return judgeMismatch(await deps.files.countMismatch({ clientId: file.clientId }, file._id));
}

async function download(
  { gateway, spool }: FetchDeps,
  { sender, url }: { readonly sender: Sender; readonly url: string },
  { signal, maxBytes }: ReceiveOptions,
): Promise<Received> {
  const opened = await gateway.download(sender, url, signal);
  if (opened.kind !== 'opened') return judgeFailure(opened);
  try {
    return { kind: 'received', file: await spool.receive(opened.stream, { maxBytes, signal }) };
  } catch (error) {
    if (error instanceof FileTooLarge) return tooLarge;
    throw error;
  }
}
