import { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { FileOfMessage, MediaRepository } from './repository.ts';

export type { FileOfMessage } from './repository.ts';

/** What decides whether a message has a file of ours. */
interface ShownMessage {
  readonly _id: Types.ObjectId;
  readonly content: {
    /** The file of a message that came in. */
    readonly media?: unknown;
    /** The file that a message sends. */
    readonly fileId?: string;
  };
}

export interface FileStates {
  /** The files of the messages, by the id of the message. Messages without a file cost no query. */
  statesOf(
    scope: ClientScope,
    messages: readonly ShownMessage[],
  ): Promise<ReadonlyMap<string, FileOfMessage>>;
}

type Reads = Pick<MediaRepository, 'findOfMessages' | 'findStates'>;

export const createFileStates = ({ findOfMessages, findStates }: Reads): FileStates => ({
  async statesOf(scope, messages) {
    const received = messages.flatMap(({ _id, content }) => (content.media === undefined ? [] : [_id]));
    const sent = messages.flatMap(({ _id, content: { fileId } }) =>
      fileId === undefined ? [] : [{ messageId: _id.toHexString(), fileId }],
    );
    const ofReceived = received.length === 0 ? [] : await findOfMessages(scope, received);
    const fileIds = [...new Set(sent.map(({ fileId }) => fileId))];
    const ofSent =
      sent.length === 0
        ? []
        : await findStates(
            scope,
            fileIds.map((id) => Types.ObjectId.createFromHexString(id)),
          );
    const byId = new Map(ofSent.map((file) => [file._id.toHexString(), file]));
    return new Map([
      ...ofReceived.flatMap((file) =>
        file.messageId === undefined ? [] : [[file.messageId.toHexString(), file] as const],
      ),
      ...sent.flatMap(({ messageId, fileId }) => {
        const file = byId.get(fileId);
        return file === undefined ? [] : [[messageId, file] as const];
      }),
    ]);
  },
});
