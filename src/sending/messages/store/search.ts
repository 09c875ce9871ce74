import type { ClientScope } from '../../../platform/mongo.ts';
import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import type { Unscoped } from '../../../platform/tenant-queries.ts';
import { searchTokens } from '../../../platform/search/tokens.ts';
import { searchedText, textOfContent } from '../searched-text.ts';
import type { MessageContent, MessageDoc } from './model.ts';

/*
 * The tokens by which a message is found. The write that stores its words stores them too: new messages get them here, and
 * each update of `content`, `changes` or `revokedAt` sets them by `tokensOfContent`.
 */

export const tokensOfContent = (content: MessageContent): string[] => searchTokens(textOfContent(content));

/** A copy of another message has the tokens of its own words. */
function withTokens({ searchTokens: _copied, ...fresh }: Unscoped<MessageDoc>): Unscoped<MessageDoc> {
  const tokens = searchTokens(searchedText(fresh));
  return tokens.length === 0 ? fresh : { ...fresh, searchTokens: tokens };
}

/** The collection, whose new messages get their tokens. */
export const searchMessages = (messages: TenantCollection<MessageDoc>): TenantCollection<MessageDoc> => ({
  ...messages,
  insertOne: (scope, fresh, options) => messages.insertOne(scope, withTokens(fresh), options),
  insertMany: (scope, fresh, options) => messages.insertMany(scope, fresh.map(withTokens), options),
  createBulkWriter() {
    const write = messages.createBulkWriter();
    return (scope, operations) =>
      write(
        scope,
        operations.map((operation) =>
          'insertOne' in operation
            ? { insertOne: { document: withTokens(operation.insertOne.document) } }
            : operation,
        ),
      );
  },
});

type Searched = Pick<
  MessageDoc,
  '_id' | 'timestamp' | 'content' | 'changes' | 'revokedAt' | 'searchTokens' | 'revision'
>;

const searchedFields: Readonly<Record<keyof Omit<Searched, '_id'>, 1>> = {
  ...{ timestamp: 1, content: 1, changes: 1, revokedAt: 1, searchTokens: 1, revision: 1 },
};

/** For what was stored without tokens, by a version that did not know them. */
export const createTokenRepairs = (messages: TenantCollection<MessageDoc>) => ({
  /** Oldest first. */
  listSince: (
    scope: ClientScope,
    {
      since,
      after,
      limit,
    }: {
      readonly since: Date;
      readonly after: Pick<MessageDoc, 'timestamp' | '_id'> | null;
      readonly limit: number;
    },
  ): Promise<Searched[]> =>
    messages.find<Searched>(
      scope,
      after === null
        ? { timestamp: { $gte: since } }
        : {
            timestamp: { $gte: after.timestamp },
            $or: [{ timestamp: { $gt: after.timestamp } }, { _id: { $gt: after._id } }],
          },
      { projection: searchedFields, sort: { timestamp: 1, _id: 1 }, limit },
    ),

  /** Changes nothing if the message has changed since it was read: that write sets its tokens. */
  async setTokens(
    scope: ClientScope,
    { _id, revision }: Pick<Searched, '_id' | 'revision'>,
    tokens: readonly string[],
  ): Promise<void> {
    await messages.updateOne(
      scope,
      { _id, revision: revision ?? null },
      { $set: { searchTokens: [...tokens] } },
    );
  },
});
