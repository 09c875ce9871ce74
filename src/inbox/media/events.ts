import type { NewEvent } from '../../events/declare.ts';
import type { MediaFileDoc } from './repository.ts';

/** The event of the present state of a file. Pure. */
export const mediaEventOf = (file: MediaFileDoc): NewEvent => ({
  type: 'media.updated',
  entity: { type: 'media', id: file._id },
  version: file.revision ?? 0,
  view: {
    messageId: file.messageId?.toHexString() ?? null,
    state: file.state,
    mimeType: file.mimeType ?? null,
    bytes: file.bytes ?? null,
  },
});
