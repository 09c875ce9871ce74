import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { Types } from 'mongoose';
import {
  attemptTimeoutMs,
  fileHeartbeatTimeoutMs,
  mediaFailureTypeOf,
  type FileRef,
  type MediaActivities,
} from '../src/inbox/media/contract.ts';
import type { CopyEnd, MediaCopies } from '../src/inbox/media/copies.ts';
import type { FetchEnd, FileTarget, MediaFetch } from '../src/inbox/media/fetch.ts';
import type { Shares } from '../src/platform/shares.ts';
import { scopeOf } from '../src/platform/mongo.ts';
import { withHeartbeats } from './heartbeats.ts';

export interface MediaActivityDeps {
  readonly fetching: MediaFetch;
  readonly copies: Pick<MediaCopies, 'copy'>;
  /** The places of one client in this worker. */
  readonly shares: Shares;
}

const targetOf = ({ clientId, fileId }: FileRef): FileTarget => ({
  scope: scopeOf(Types.ObjectId.createFromHexString(clientId)),
  id: Types.ObjectId.createFromHexString(fileId),
});

const waitForPlaceMs = 2_000;

/** The client's other files have its places: the attempt ends at once, so that files of others can use this one. */
const noPlace = (): ApplicationFailure =>
  ApplicationFailure.create({
    message: 'waiting for a place of the client',
    type: mediaFailureTypeOf('place'),
    nextRetryDelay: waitForPlaceMs,
    category: ApplicationFailureCategory.BENIGN,
  });

/** A failure that makes the server repeat the activity. */
const again = ({ problem, delayMs }: Extract<FetchEnd | CopyEnd, { kind: 'again' }>): ApplicationFailure =>
  ApplicationFailure.create({
    message: problem.title,
    type: mediaFailureTypeOf(problem.code),
    ...(delayMs === undefined ? {} : { nextRetryDelay: delayMs }),
    category: ApplicationFailureCategory.BENIGN,
  });

/** The activities of files. All may be repeated, and run twice at once. */
export function createMediaActivities({ fetching, copies, shares }: MediaActivityDeps): MediaActivities {
  async function withPlace<T>(
    { clientId }: FileRef,
    attempt: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const giveBack = shares.take(clientId);
    if (giveBack === null) throw noPlace();
    const { cancellationSignal } = Context.current();
    const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(attemptTimeoutMs)]);
    try {
      return await withHeartbeats(fileHeartbeatTimeoutMs, () => attempt(signal));
    } finally {
      giveBack();
    }
  }

  return {
    async fetchFile(ref) {
      const end = await withPlace(ref, (signal) => fetching.attempt(targetOf(ref), signal));
      if (end.kind === 'again') throw again(end);
      return end.state;
    },

    async expireFile(ref) {
      const end = await fetching.expire(targetOf(ref));
      if (end.kind === 'again') throw again(end);
      return end.state;
    },

    async copyFile({ channelId, ...ref }) {
      const channel = Types.ObjectId.createFromHexString(channelId);
      const end = await withPlace(ref, (signal) => copies.copy(targetOf(ref), channel, signal));
      if (end.kind === 'again') throw again(end);
      return end.kind;
    },
  };
}
