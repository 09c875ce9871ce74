import type { TenantCollection } from '../../../platform/tenant-collection.ts';
import { searchTokens } from '../../../platform/search/tokens.ts';
import { searchedText, textOfContent } from '../searched-text.ts';
import type { MessageContent, MessageDoc } from './model.ts';

/*
 * What a message is found by. Tokens are part of the write that stores its words: new messages get them here, and each
 * update of `content`, `changes` or `revokedAt` sets them by `tokensOfContent`.
 */

type Said = Pick<MessageDoc, 'content' | 'changes' | 'revokedAt'>;

export const tokensOfContent = (content: MessageContent): string[] => searchTokens(textOfContent(content));

function withTokens<Fresh extends Said>(fresh: Fresh): Fresh {
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
