import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { FileOfMessage, MediaRepository } from './repository.ts';

export type { FileOfMessage } from './repository.ts';

/** What decides whether a message can have a file. */
interface ShownMessage {
  readonly _id: Types.ObjectId;
  readonly content: { readonly media?: unknown };
}

export interface FileStates {
  /** The files of the messages, by the id of the message. Messages without a file cost no query. */
  statesOf(
    scope: ClientScope,
    messages: readonly ShownMessage[],
  ): Promise<ReadonlyMap<string, FileOfMessage>>;
}

export const createFileStates = ({
  findOfMessages,
}: Pick<MediaRepository, 'findOfMessages'>): FileStates => ({
  async statesOf(scope, messages) {
    const ids = messages.flatMap(({ _id, content }) => (content.media === undefined ? [] : [_id]));
    const found = ids.length === 0 ? [] : await findOfMessages(scope, ids);
    return new Map(found.flatMap((file) => (file.messageId ? [[file.messageId.toHexString(), file]] : [])));
  },
});
