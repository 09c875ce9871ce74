import type { TemplatePreview } from './preview.ts';
import { variablesOf } from './rules.ts';
import type { TemplatePreviewView, TemplateView } from './schemas.ts';
import type { TemplateDoc } from './service.ts';

export function toTemplateView(template: TemplateDoc): TemplateView {
  const { components } = template;
  const textOf = (type: 'HEADER' | 'BODY') =>
    components.flatMap((component) => (component.type === type ? variablesOf(component.text) : []));
  const buttons = components.flatMap((component) => (component.type === 'BUTTONS' ? component.buttons : []));
  return {
    id: template._id.toHexString(),
    channelId: template.channelId.toHexString(),
    name: template.name,
    language: template.language,
    category: template.category,
    status: template.status,
    components: components.map((component) => ({ ...component })),
    variables: {
      header: textOf('HEADER'),
      body: textOf('BODY'),
      buttons: buttons.flatMap((button, index) =>
        button.type === 'URL' && variablesOf(button.url).length > 0 ? [String(index)] : [],
      ),
    },
    createdAt: template.createdAt.toISOString(),
  };
}

export const toTemplatePreviewView = ({ text, buttons }: TemplatePreview): TemplatePreviewView => ({
  text,
  buttons: buttons.map((button) => ({
    type: button.type,
    text: button.text,
    target: button.target ?? null,
    payload: button.payload ?? null,
  })),
});
