import assert from 'node:assert/strict';
import type {
  ButtonsAction,
  FlowAction,
  HeaderObject,
  InteractiveObject,
  ListAction,
} from '../../../whatsapp/free-form.ts';
import type { Header } from './interactive-schemas.ts';
import { defined, sourceOf } from './parts.ts';
import type { ContentOf, InteractiveContent } from './schemas.ts';

/** Meta's object of an interactive message. Pure. */
export function interactiveOf(content: InteractiveContent): InteractiveObject {
  const { header, body, footer } = content;
  const parts = {
    ...(header === undefined ? {} : { header: headerOf(header) }),
    body: { text: body },
    ...(footer === undefined ? {} : { footer: { text: footer } }),
  };
  switch (content.type) {
    case 'buttons':
      return { type: 'button', ...parts, action: buttonsOf(content) };
    case 'list':
      return { type: 'list', ...parts, action: listOf(content) };
    case 'ctaUrl': {
      const parameters = { display_text: content.displayText, url: content.url };
      return { type: 'cta_url', ...parts, action: { name: 'cta_url', parameters } };
    }
    case 'flow':
      return { type: 'flow', ...parts, action: flowOf(content) };
  }
}

/** A string is the header of a list, which must be text. */
function headerOf(header: Header | string): HeaderObject {
  if (typeof header === 'string') return { type: 'text', text: header };
  switch (header.type) {
    case 'text':
      return { type: 'text', text: header.text };
    case 'image':
      return { type: 'image', image: sourceOf(header) };
    case 'video':
      return { type: 'video', video: sourceOf(header) };
    case 'document':
      return {
        type: 'document',
        document: { ...sourceOf(header), ...defined({ filename: header.filename }) },
      };
  }
}

const buttonsOf = ({ buttons }: ContentOf<'buttons'>): ButtonsAction => ({
  buttons: buttons.map(({ id, title }) => ({ type: 'reply', reply: { id, title } })),
});

const listOf = ({ buttonText, sections }: ContentOf<'list'>): ListAction => ({
  button: buttonText,
  sections: sections.map(({ title, rows }) => ({
    ...defined({ title }),
    rows: rows.map(({ id, title: rowTitle, description }) => ({
      id,
      title: rowTitle,
      ...defined({ description }),
    })),
  })),
});

function flowOf(content: ContentOf<'flow'>): FlowAction {
  const { flowToken, flowCta, action = 'navigate', screen, data, mode } = content;
  return {
    name: 'flow',
    parameters: {
      flow_message_version: '3',
      ...flowNameOf(content),
      flow_token: flowToken,
      flow_cta: flowCta,
      flow_action: action,
      ...(screen === undefined ? {} : { flow_action_payload: { screen, ...defined({ data }) } }),
      ...defined({ mode }),
    },
  };
}

function flowNameOf({ flowId, flowName }: ContentOf<'flow'>): { flow_id: string } | { flow_name: string } {
  if (flowId !== undefined) return { flow_id: flowId };
  assert(flowName !== undefined, 'a flow without an id has a name');
  return { flow_name: flowName };
}
