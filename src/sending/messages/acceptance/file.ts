import { notFound, type Issue } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { Content } from '../content/schemas.ts';
import { fileIdOf } from '../content/stored.ts';
import type { TemplateSendDeps } from './template.ts';

/** Why the content cannot send its file. Throws `not-found`. */
export async function fileIssues(
  scope: ClientScope,
  content: Content,
  { files }: Pick<TemplateSendDeps, 'files'>,
): Promise<Issue[]> {
  const fileId = fileIdOf(content);
  if (fileId === undefined) return [];
  const issue = (message: string): Issue[] => [{ path: 'body.content.mediaId', message }];
  const file = await files.findForSend(scope, fileId);
  if (file === null) throw notFound('file');
  if (file.state !== 'stored') return issue(`The file is ${file.state}.`);
  if (file.kind === content.type) return [];
  return issue(
    file.kind === null ? 'WhatsApp does not send this file.' : `The file is sent with the type ${file.kind}.`,
  );
}
