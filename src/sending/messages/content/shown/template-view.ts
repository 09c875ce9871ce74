import { toTemplatePreviewView } from '../../../../templates/view.ts';
import type { TemplatePayload } from '../../../../whatsapp/payload.ts';
import type { TemplateFilling } from '../../store/model.ts';
import type { OwnContentOf } from './schemas.ts';

/** The sent template, like its preview. Of messages that earlier versions stored only `text` is known. */
export function shownTemplate(
  { name, language }: TemplatePayload,
  filling: TemplateFilling | undefined,
  text = '',
): OwnContentOf<'template'> {
  const named = { type: 'template', templateName: name, language: language.code } as const;
  if (filling === undefined)
    return { ...named, header: null, body: text, footer: null, offer: null, buttons: [], cards: [] };
  const { text: _text, buttons, cards, ...parts } = toTemplatePreviewView({ text, shown: filling.shown });
  return {
    ...named,
    ...parts,
    buttons: buttons.map(withoutToken),
    cards: cards.map((card) => ({ ...card, buttons: card.buttons.map(withoutToken) })),
  };
}

/** The token of a flow is between the business and WhatsApp. */
const withoutToken = <Button extends { readonly type: string; readonly payload: string | null }>(
  button: Button,
) => (button.type === 'FLOW' ? { ...button, payload: null } : button);
