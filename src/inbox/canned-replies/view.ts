import { variablesOf } from '../../templates/content/variables.ts';
import { sharingOf } from '../sharing/sharing.ts';
import type { CannedReplyView } from './schemas.ts';
import type { CannedReplyDoc } from './use-cases.ts';

export const toCannedReplyView = (reply: CannedReplyDoc): CannedReplyView => ({
  id: reply._id.toHexString(),
  shortCode: reply.shortCode,
  scope: sharingOf(reply),
  body: reply.body,
  variables: variablesOf(reply.body),
  createdAt: reply.createdAt.toISOString(),
});
