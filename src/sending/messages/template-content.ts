import type { FilledTemplate, TemplateVariables } from '../../templates/rules.ts';
import type { MessageContent } from './store/model.ts';

interface Filled {
  readonly variables: TemplateVariables;
  readonly filled: FilledTemplate;
}

/** What a message says that is sent by this template. */
export const templateContent = (
  { name, language }: { readonly name: string; readonly language: string },
  { variables, filled: { text, components, shown } }: Filled,
): MessageContent => ({
  text,
  template: {
    name,
    language: { code: language },
    ...(components.length === 0 ? {} : { components }),
  },
  filling: { variables, shown },
});
