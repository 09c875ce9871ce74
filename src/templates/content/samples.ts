import { isAuthentication, otpOfAddress } from './authentication.ts';
import type {
  TemplateBody,
  TemplateButton,
  TemplateComponentDefinition,
  TemplateHeader,
} from './definition.ts';
import { inSendOrder, isPositional, placeholder, variablesOf } from './variables.ts';

/** The components as the provider reviews them: each variable without a sample gets a generated one. */
export const toReviewForm = (components: readonly TemplateComponentDefinition[]): object[] =>
  isAuthentication(components) ? components.flatMap(toCodeForm) : components.map(toPlainForm);

function toPlainForm(component: TemplateComponentDefinition): object {
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
    case 'FOOTER':
    case 'LIMITED_TIME_OFFER':
      return component;
  }
}

/** The provider writes the texts of an authentication template and does not accept them back. */
function toCodeForm(component: TemplateComponentDefinition): object[] {
  switch (component.type) {
    case 'BODY': {
      const { type, add_security_recommendation: advice } = component;
      return [advice === undefined ? { type } : { type, add_security_recommendation: advice }];
    }
    case 'FOOTER': {
      const { type, code_expiration_minutes: minutes } = component;
      return minutes === undefined ? [] : [{ type, code_expiration_minutes: minutes }];
    }
    case 'BUTTONS':
      return [{ ...component, buttons: component.buttons.map(asCodeButton) }];
    default:
      return [toPlainForm(component)];
  }
}

/** A code button may be stored as the URL button that the provider returns. */
const asCodeButton = (button: TemplateButton): object =>
  (button.type === 'URL' ? otpOfAddress(button.url, button.text) : null) ?? withButtonSample(button);

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

function withBodySamples(body: TemplateBody): object {
  const names = inSendOrder(variablesOf(body.text ?? ''));
  if (body.example !== undefined || names.length === 0) return body;
  const example = names.every(isPositional)
    ? { body_text: [names.map(sampleOf)] }
    : { body_text_named_params: namedSamples(names) };
  return { ...body, example };
}

function withButtonSample(button: TemplateButton): object {
  if (button.type === 'OTHER') return button.original;
  const needsSample =
    button.type === 'URL' && button.example === undefined && variablesOf(button.url).length > 0;
  return needsSample ? { ...button, example: [button.url.replace(placeholder, 'sample')] } : button;
}
