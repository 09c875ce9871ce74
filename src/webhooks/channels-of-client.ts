import type { ChannelDirectory, ChannelDoc } from '../channels/directory.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { decodeCursor, type Cursor, type Page } from '../platform/pagination.ts';

const pageSize = 200;

/** All channels of a client. Their number is bounded (`CHANNELS_MAX_PER_CLIENT`). */
export async function listChannelsOf(
  channels: Pick<ChannelDirectory, 'list'>,
  scope: ClientScope,
): Promise<readonly ChannelDoc[]> {
  const all: ChannelDoc[] = [];
  let after: Cursor | null = null;
  do {
    const { items, nextCursor }: Page<ChannelDoc> = await channels.list(scope, { limit: pageSize, after });
    all.push(...items);
    after = nextCursor === null ? null : decodeCursor(nextCursor, 'date');
  } while (after !== null);
  return all;
}
