import { AppError } from '../platform/errors.ts';
import { fillTemplate, placeholder, type TemplateButton, type TemplateVariables } from './rules.ts';
import type { TemplateDoc } from './repository.ts';

export interface PreviewedButton {
  readonly type: TemplateButton['type'];
  readonly text: string;
  /** Where it leads: the filled URL, or the phone number. */
  readonly target?: string;
  /** What a tap sends back. */
  readonly payload?: string;
}

export interface TemplatePreview {
  readonly text: string;
  readonly buttons: readonly PreviewedButton[];
}

/** What a person would see; throws with all issues when the variables do not fit. */
export function previewTemplate({ components }: TemplateDoc, variables: TemplateVariables): TemplatePreview {
  const result = fillTemplate(components, variables);
  if (!result.ok) {
    throw new AppError('invalid-input', 'The variables do not fit the template.', { errors: result.issues });
  }
  const buttons = components.flatMap((component) => (component.type === 'BUTTONS' ? component.buttons : []));
  return {
    text: result.filled.text,
    buttons: buttons.map((button, index) => previewButton(button, variables.buttons?.[String(index)])),
  };
}

function previewButton(button: TemplateButton, value: string | undefined): PreviewedButton {
  const { type, text } = button;
  switch (button.type) {
    case 'URL':
      return { type, text, target: button.url.replace(placeholder, () => value ?? '') };
    case 'PHONE_NUMBER':
      return { type, text, target: button.phone_number };
    case 'QUICK_REPLY':
      // Without one, the provider reports the text of the button as its payload.
      return { type, text, payload: value ?? text };
  }
}
