import { fillTemplate } from '../../templates/rules.ts';
import type { Issue } from '../../platform/errors.ts';
import type { MessageFailure } from '../messages/lifecycle.ts';
import { templateContent } from '../messages/template-content.ts';
import type { MessageContent, MessageDoc } from '../messages/use-cases.ts';
import type { DispatchDeps, Target } from './steps.ts';

/** `moved`: the message has changed since it was read. `unfit`: its values no longer fit its template. */
export type Worded =
  | { readonly kind: 'worded'; readonly message: MessageDoc }
  | { readonly kind: 'moved' }
  | { readonly kind: 'unfit'; readonly failure: MessageFailure };

/**
 * The message with the words that its template has now, at most two seconds old. The provider fills the template as it
 * is at the call, so what was filled at acceptance may differ from what leaves.
 */
export async function wordedNow(
  { messages, templates, clock }: DispatchDeps,
  { scope }: Target,
  message: MessageDoc,
): Promise<Worded> {
  const { channelId, content } = message;
  const { template, filling } = content;
  if (template === undefined || filling === undefined) return { kind: 'worded', message };
  const ref = { name: template.name, language: template.language.code };
  const definitions = await templates.contentForSend(scope, { channelId, ...ref });
  // The gate of the template judges a missing one.
  if (definitions === null) return { kind: 'worded', message };
  const { variables } = filling;
  const result = fillTemplate(definitions, variables);
  if (!result.ok) return { kind: 'unfit', failure: unfit(result.issues) };
  const words = templateContent(ref, { variables, filled: result.filled });
  if (isSame(words, content)) return { kind: 'worded', message };
  const reworded = await messages.reword(scope, message, { to: words, at: clock.now() });
  return reworded === null ? { kind: 'moved' } : { kind: 'worded', message: reworded };
}

/** By what is stored, which has no undefined fields. */
const isSame = (a: MessageContent, b: MessageContent): boolean => JSON.stringify(a) === JSON.stringify(b);

const maxDetailLength = 500;

const unfit = (issues: readonly Issue[]): MessageFailure => ({
  code: 'template-changed',
  class: 'template',
  title: 'The template has changed',
  detail: issues
    .map(({ path, message }) => `${path.replace(/^body\./, '')}: ${message}`)
    .join(' ')
    .slice(0, maxDetailLength),
  advice: 'Send a new message with values for the template as it is now.',
});
