import { kindOf } from './kinds.ts';
import type { MediaFileDoc } from './uploads.ts';
import type { MediaFileView } from './schemas.ts';

/** An uploaded file. */
export const toMediaFileView = (file: MediaFileDoc): MediaFileView => ({
  id: file._id.toHexString(),
  kind: kindOf(file.mimeType) ?? 'document',
  mimeType: file.mimeType ?? 'application/octet-stream',
  bytes: file.bytes ?? 0,
  sha256: file.sha256 ?? '',
  filename: file.declared.filename ?? null,
  hasThumbnail: file.thumbnail !== undefined,
  createdAt: file.createdAt.toISOString(),
});
