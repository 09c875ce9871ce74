import type {
  TemplateBody,
  TemplateButton,
  TemplateComponentDefinition,
  TemplateHeader,
} from './definition.ts';
import { inSendOrder, isPositional, placeholder, variablesOf } from './variables.ts';

/**
 * The components as the provider wants them for its review: every variable has a sample, made up where none was
 * given. What is there stays as it is.
 */
export const toReviewForm = (components: readonly TemplateComponentDefinition[]): object[] =>
  components.map((component) => {
    switch (component.type) {
      case 'HEADER':
        return withHeaderSample(component);
      case 'BODY':
        return withBodySamples(component);
      case 'BUTTONS':
        return { ...component, buttons: component.buttons.map(withButtonSample) };
      case 'CAROUSEL':
        return {
          ...component,
          cards: component.cards.map((card) => ({ ...card, components: toReviewForm(card.components) })),
        };
      case 'OTHER':
        return component.original;
      case 'FOOTER': {
        const minutes = component.code_expiration_minutes;
        return minutes === undefined ? component : { type: component.type, code_expiration_minutes: minutes };
      }
      case 'LIMITED_TIME_OFFER':
        return component;
    }
  });

const sampleOf = (name: string): string => `sample ${name.replaceAll('_', ' ')}`;

const namedSamples = (names: readonly string[]) =>
  names.map((name) => ({ param_name: name, example: sampleOf(name) }));

function withHeaderSample(header: TemplateHeader): object {
  if (header.format !== 'TEXT' || header.example !== undefined) return header;
  const names = variablesOf(header.text);
  if (names.length === 0) return header;
  const example = names.every(isPositional)
    ? { header_text: names.map(sampleOf) }
    : { header_text_named_params: namedSamples(names) };
  return { ...header, example };
}

/** The text of an authentication template is the provider's own: it is never given back. */
function withBodySamples(body: TemplateBody): object {
  if (body.add_security_recommendation !== undefined) {
    return { type: body.type, add_security_recommendation: body.add_security_recommendation };
  }
  const names = inSendOrder(variablesOf(body.text ?? ''));
  if (body.example !== undefined || names.length === 0) return body;
  const example = names.every(isPositional)
    ? { body_text: [names.map(sampleOf)] }
    : { body_text_named_params: namedSamples(names) };
  return { ...body, example };
}

function withButtonSample(button: TemplateButton): object {
  if (button.type === 'OTHER') return button.original;
  const isWanting =
    button.type === 'URL' && button.example === undefined && variablesOf(button.url).length > 0;
  return isWanting ? { ...button, example: [button.url.replace(placeholder, 'sample')] } : button;
}
