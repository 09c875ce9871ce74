import type { Issue } from '../platform/errors.ts';
import {
  isPositional,
  placeholder,
  variablesOf,
  type TemplateButton,
  type TemplateComponentDefinition,
} from './rules.ts';

/** Meta's limits of a template's components. Source: Meta's template components reference. Lengths in characters. */
const limits = {
  header: { length: 60, variables: 1 },
  body: { length: 1_024 },
  footer: { length: 60 },
  buttons: { all: 10, url: 2, phone: 1, length: 25 },
  url: { length: 2_000 },
  phone: { length: 20 },
} as const;

type ComponentOf<T extends TemplateComponentDefinition['type']> = Extract<
  TemplateComponentDefinition,
  { type: T }
>;

/**
 * Everything that Meta would refuse about these components, each with its path below `body.components`. What Meta
 * decides by its own measure (too many variables for the text, wording, category) is not among it.
 */
export function checkComponents(components: readonly TemplateComponentDefinition[]): Issue[] {
  return [
    ...checkParts(components),
    ...components.flatMap((component, index) => checkComponent(component, `body.components.${index}`)),
    ...checkOneFormat(components),
  ];
}

function checkParts(components: readonly TemplateComponentDefinition[]): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const [index, { type }] of components.entries()) {
    if (seen.has(type)) issues.push(issue(`body.components.${index}`, `Only one ${type} is allowed.`));
    seen.add(type);
  }
  if (!seen.has('BODY')) issues.push(issue('body.components', 'A BODY is required.'));
  return issues;
}

function checkComponent(component: TemplateComponentDefinition, path: string): Issue[] {
  switch (component.type) {
    case 'HEADER':
      return checkHeader(component, `${path}.text`);
    case 'BODY':
      return checkBody(component, `${path}.text`);
    case 'FOOTER':
      return [
        ...checkText(component.text, `${path}.text`, limits.footer.length),
        ...checkOneLine(component.text, `${path}.text`),
        ...checkNoVariables(component.text, `${path}.text`),
      ];
    case 'BUTTONS':
      return checkButtons(component.buttons, `${path}.buttons`);
  }
}

function checkHeader({ text }: ComponentOf<'HEADER'>, path: string): Issue[] {
  const issues = [
    ...checkText(text, path, limits.header.length),
    ...checkOneLine(text, path),
    ...checkVariables(text, path),
  ];
  if ([...text.matchAll(placeholder)].length > limits.header.variables) {
    issues.push(issue(path, 'A header may have one variable.'));
  }
  return issues;
}

function checkBody({ text }: ComponentOf<'BODY'>, path: string): Issue[] {
  const issues = [...checkText(text, path, limits.body.length), ...checkVariables(text, path)];
  const trimmed = text.trim();
  const variables = [...trimmed.matchAll(placeholder)];
  const first = variables[0];
  const last = variables.at(-1);
  if (first?.index === 0) issues.push(issue(path, 'The body may not start with a variable.'));
  if (last !== undefined && last.index + last[0].length === trimmed.length) {
    issues.push(issue(path, 'The body may not end with a variable.'));
  }
  if (/\}\}\s*\{\{/.test(trimmed)) {
    issues.push(issue(path, 'Two variables may not stand next to each other: put words between them.'));
  }
  return issues;
}

const checkText = (text: string, path: string, longest: number): Issue[] => [
  ...(text.trim() === '' ? [issue(path, 'The text is empty.')] : []),
  ...(text.length > longest
    ? [issue(path, `The text has ${text.length} characters; ${longest} are allowed.`)]
    : []),
];

const checkOneLine = (text: string, path: string): Issue[] =>
  /[\r\n]/.test(text) ? [issue(path, 'The text must be one line.')] : [];

/** Variables are numbered from 1 without a gap, or named; a text does not mix the two. */
function checkVariables(text: string, path: string): Issue[] {
  const issues = checkBraces(text, path);
  const variables = variablesOf(text);
  const positions = variables.filter(isPositional);
  const names = variables.filter((name) => !isPositional(name));
  if (positions.length > 0 && names.length > 0) {
    issues.push(issue(path, 'Use variables by position or by name, not both.'));
  }
  const expected = positions.map((_position, index) => String(index + 1));
  if (expected.some((position) => !positions.includes(position))) {
    issues.push(issue(path, 'Variables by position must be numbered from {{1}} without a gap.'));
  }
  for (const name of names) {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      issues.push(issue(path, `The name ${name} must be lower-case letters, digits and underscores.`));
    }
  }
  return issues;
}

/** What is left of a variable that was not written as `{{name}}`. */
const checkBraces = (text: string, path: string): Issue[] =>
  /\{\{|\}\}/.test(text.replace(placeholder, ''))
    ? [issue(path, 'A variable is written {{1}} or {{name}}.')]
    : [];

const checkNoVariables = (text: string, path: string): Issue[] =>
  /\{\{|\}\}/.test(text) ? [issue(path, 'No variable is allowed here.')] : [];

/** Header and body go by position or by name together: it is one property of the template at Meta. */
function checkOneFormat(components: readonly TemplateComponentDefinition[]): Issue[] {
  const kinds = components.flatMap((component) =>
    component.type === 'HEADER' || component.type === 'BODY'
      ? [new Set(variablesOf(component.text).map(isPositional))]
      : [],
  );
  const isEachClear = kinds.every((kind) => kind.size <= 1);
  const all = new Set(kinds.flatMap((kind) => [...kind]));
  return isEachClear && all.size > 1
    ? [issue('body.components', 'Header and body must both use positions, or both names.')]
    : [];
}

function checkButtons(buttons: readonly TemplateButton[], path: string): Issue[] {
  const issues: Issue[] = [];
  const count = (type: TemplateButton['type']) => buttons.filter((button) => button.type === type).length;
  if (buttons.length === 0) issues.push(issue(path, 'Give at least one button, or leave BUTTONS out.'));
  if (buttons.length > limits.buttons.all) {
    issues.push(issue(path, `There are ${buttons.length} buttons; ${limits.buttons.all} are allowed.`));
  }
  if (count('URL') > limits.buttons.url) {
    issues.push(issue(path, `At most ${limits.buttons.url} URL buttons are allowed.`));
  }
  if (count('PHONE_NUMBER') > limits.buttons.phone) {
    issues.push(issue(path, 'At most one PHONE_NUMBER button is allowed.'));
  }
  if (groupsOfQuickReplies(buttons) > 1) {
    issues.push(issue(path, 'Quick replies must stand together, before or after the other buttons.'));
  }
  return [
    ...issues,
    ...buttons.flatMap((button, index) => checkButton(button, `${path}.${index}`, [buttons, index])),
  ];
}

const groupsOfQuickReplies = (buttons: readonly TemplateButton[]): number =>
  buttons.filter(({ type }, index) => type === 'QUICK_REPLY' && buttons[index - 1]?.type !== 'QUICK_REPLY')
    .length;

function checkButton(
  button: TemplateButton,
  path: string,
  [buttons, index]: readonly [readonly TemplateButton[], number],
): Issue[] {
  const issues = [
    ...checkText(button.text, `${path}.text`, limits.buttons.length),
    ...checkOneLine(button.text, `${path}.text`),
    ...checkNoVariables(button.text, `${path}.text`),
  ];
  if (buttons.findIndex(({ text }) => text === button.text) < index) {
    issues.push(issue(`${path}.text`, 'Another button has the same text.'));
  }
  if (button.type === 'URL') issues.push(...checkUrl(button.url, `${path}.url`));
  if (button.type === 'PHONE_NUMBER' && !/^\+[1-9]\d{6,18}$/.test(button.phone_number)) {
    const message = `Must be a phone number with + and country code, at most ${limits.phone.length} characters.`;
    issues.push(issue(`${path}.phone_number`, message));
  }
  return issues;
}

/** A URL takes one variable, by position and as its last part, whatever the rest of the template uses. */
function checkUrl(url: string, path: string): Issue[] {
  const issues = checkBraces(url, path);
  const variables = [...url.matchAll(placeholder)];
  const [first] = variables;
  if (url.length > limits.url.length) {
    issues.push(issue(path, `The URL has ${url.length} characters; ${limits.url.length} are allowed.`));
  }
  if (variables.length > 1) issues.push(issue(path, 'A URL may have one variable.'));
  if (first !== undefined && first[1] !== '1') {
    issues.push(issue(path, 'The variable of a URL is written {{1}}.'));
  }
  if (first !== undefined && variables.length === 1 && first.index + first[0].length !== url.length) {
    issues.push(issue(path, 'The variable must be the end of the URL.'));
  }
  const sample = url.replace(placeholder, 'x');
  if (!/^https?:\/\//i.test(url) || !URL.canParse(sample)) {
    issues.push(issue(path, 'Must be an address that starts with https:// or http://.'));
  }
  return issues;
}

const issue = (path: string, message: string): Issue => ({ path, message });
