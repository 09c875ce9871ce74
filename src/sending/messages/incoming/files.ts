import type { ClientSession } from 'mongoose';
import type { FileArrivals, MessageWithFile } from '../../../inbox/media/arrivals.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { InboundMedia } from '../../../whatsapp/inbound-content.ts';

/** The files of messages that come in; a message without one costs nothing. */
export interface FilesOfMessages {
  /** Stores, with the message, that its file is to be fetched. */
  keep(
    scope: ClientScope,
    message: Omit<MessageWithFile, 'media'> & { readonly media: InboundMedia | undefined },
    session?: ClientSession,
  ): Promise<void>;
}

export const filesOfMessages = (files: FileArrivals): FilesOfMessages => ({
  async keep(scope, { messageId, contactId, channelId, media }, session) {
    if (media !== undefined) await files.keep(scope, { messageId, contactId, channelId, media }, session);
  },
});
