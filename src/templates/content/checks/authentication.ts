import type { Issue } from '../../../platform/errors.ts';
import { checkButtons } from './buttons.ts';
import { issue } from './text.ts';
import type { TemplateComponentDefinition } from '../definition.ts';

const maxMinutes = 90;

/** Meta writes the text of an authentication template; only the advice, the expiry of the code and the button vary. */
export function checkAuthentication(
  components: readonly TemplateComponentDefinition[],
  category: string,
): Issue[] {
  const issues = components.flatMap((component, index) => checkPart(component, `body.components.${index}`));
  if (category !== 'authentication') {
    issues.push(
      issue('body.category', 'A template with an OTP button must be of the category authentication.'),
    );
  }
  if (!components.some(({ type }) => type === 'BUTTONS')) {
    issues.push(issue('body.components', 'An authentication template needs BUTTONS with one OTP button.'));
  }
  return issues;
}

function checkPart(component: TemplateComponentDefinition, path: string): Issue[] {
  switch (component.type) {
    case 'BODY':
      return component.text === undefined ? [] : [issue(`${path}.text`, 'Meta writes this text.')];
    case 'FOOTER':
      return [
        ...(component.text === undefined ? [] : [issue(`${path}.text`, 'Meta writes this text.')]),
        ...checkMinutes(component.code_expiration_minutes, `${path}.code_expiration_minutes`),
      ];
    case 'BUTTONS':
      return [
        ...checkButtons(component.buttons, `${path}.buttons`),
        ...component.buttons.flatMap(({ type }, index) =>
          type === 'OTP' ? [] : [issue(`${path}.buttons.${index}`, 'Only an OTP button is allowed here.')],
        ),
      ];
    case 'HEADER':
    case 'CAROUSEL':
    case 'LIMITED_TIME_OFFER':
    case 'OTHER':
      return [issue(path, `An authentication template has no ${component.type}.`)];
  }
}

const checkMinutes = (minutes: number | undefined, path: string): Issue[] =>
  minutes !== undefined && Number.isInteger(minutes) && minutes >= 1 && minutes <= maxMinutes
    ? []
    : [issue(path, `Must be a whole number of minutes from 1 to ${maxMinutes}.`)];
