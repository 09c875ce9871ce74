import type { FileSends } from '../../../inbox/media/sends.ts';
import { type Issue, wrongState } from '../../../platform/errors.ts';
import type { ClientScope } from '../../../platform/mongo.ts';
import type { TemplateCatalogue } from '../../../templates/catalogue.ts';
import { fillTemplate, type TemplateVariables } from '../../../templates/rules.ts';
import { fileIssues } from '../acceptance/file.ts';
import type { Content } from '../content/schemas.ts';
import { freeFormContent } from '../content/stored.ts';
import type { MessageContent, MessageDoc } from '../store/repository.ts';
import { offerEndOf } from './retry.ts';
import { templateContent } from '../template-content.ts';

/** New words of a message: a content, or the variables of its template. */
export interface NewWords {
  readonly content?: Content | undefined;
  readonly variables?: TemplateVariables | undefined;
}

interface WordDeps {
  readonly templates: Pick<TemplateCatalogue, 'contentForSend'>;
  readonly files: Pick<FileSends, 'findForSend'>;
}

/** What the message says with its new words; undefined if there are none. Adds what is wrong with them to `issues`. */
export async function wordsOf(
  { templates, files }: WordDeps,
  { scope, message, issues }: { scope: ClientScope; message: MessageDoc; issues: Issue[] },
  { content, variables }: NewWords,
): Promise<MessageContent | undefined> {
  const { template } = message.content;
  if (content !== undefined) {
    issues.push(...(await fileIssues(scope, content, { files })));
    return freeWordsOf(content, message, issues);
  }
  if (variables === undefined) return undefined;
  if (template === undefined) {
    issues.push({ path: 'body.variables', message: 'The message has no template; change its `content`.' });
    return undefined;
  }
  const ref = { name: template.name, language: template.language.code };
  const components = await templates.contentForSend(scope, { channelId: message.channelId, ...ref });
  if (components === null) throw wrongState('The template of the message no longer exists.', message.status);
  const result = fillTemplate(components, variables);
  if (!result.ok) {
    issues.push(...result.issues);
    return undefined;
  }
  const words = templateContent(ref, { variables, filled: result.filled });
  // The run counts on the expiry, which is the end of the offer.
  if (offerEndOf(words)?.getTime() !== offerEndOf(message.content)?.getTime())
    issues.push({ path: 'body.variables.offerExpiresAt', message: 'Must stay. Send a new message instead.' });
  return words;
}

function freeWordsOf(
  content: Content,
  { messageType }: Pick<MessageDoc, 'messageType'>,
  issues: Issue[],
): MessageContent | undefined {
  if (content.type === messageType && content.type !== 'reaction') return freeFormContent(content);
  issues.push({ path: 'body.content.type', message: wrongKind(messageType) });
  return undefined;
}

function wrongKind(messageType: string): string {
  if (messageType === 'template') return 'The message has a template; change its `variables`.';
  if (messageType === 'reaction') return 'A reaction cannot be edited. Cancel it, and send another one.';
  return `Must stay \`${messageType}\`.`;
}
