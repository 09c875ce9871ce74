import type { Issue } from '../../../platform/errors.ts';
import { checkAuthentication } from './authentication.ts';
import { checkButtons } from './buttons.ts';
import { checkCarousel, checkOffer } from './marketing.ts';
import {
  checkBodyText,
  checkMediaSample,
  checkNoVariables,
  checkOneLine,
  checkText,
  checkVariables,
  issue,
} from './text.ts';
import { isAuthentication } from '../authentication.ts';
import { partOf, type TemplateComponentDefinition, type TemplateHeader } from '../definition.ts';
import { isPositional, placeholder, variablesOf } from '../variables.ts';

/** Meta's limits of a template's texts, in characters. Source: Meta's template components reference. */
const longest = { header: 60, body: 1_024, bodyOfOffer: 600, footer: 60 } as const;

export type ContentCategory = 'marketing' | 'utility' | 'authentication';

/**
 * Everything that Meta would refuse about these components, each with its path below `body.components`. What Meta
 * decides by its own measure (too many variables for the text, wording, whether it is marketing) is not among it.
 */
export function checkComponents(
  components: readonly TemplateComponentDefinition[],
  category: ContentCategory,
): Issue[] {
  const isCode = category === 'authentication' || isAuthentication(components);
  return [
    ...checkParts(components),
    ...(isCode
      ? checkAuthentication(components, category)
      : components.flatMap((component, index) =>
          checkComponent(component, `body.components.${index}`, components),
        )),
    ...checkCategory(components, category),
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

function checkComponent(
  component: TemplateComponentDefinition,
  path: string,
  all: readonly TemplateComponentDefinition[],
): Issue[] {
  switch (component.type) {
    case 'HEADER':
      return checkHeader(component, path);
    case 'BODY': {
      const isOffer = partOf(all, 'LIMITED_TIME_OFFER') !== undefined;
      return [
        ...checkBodyText(component.text ?? '', `${path}.text`, isOffer ? longest.bodyOfOffer : longest.body),
        ...onlyOfCodes(component.add_security_recommendation, `${path}.add_security_recommendation`),
      ];
    }
    case 'FOOTER':
      return [
        ...checkText(component.text ?? '', `${path}.text`, longest.footer),
        ...checkOneLine(component.text ?? '', `${path}.text`),
        ...checkNoVariables(component.text ?? '', `${path}.text`),
        ...onlyOfCodes(component.code_expiration_minutes, `${path}.code_expiration_minutes`),
      ];
    case 'BUTTONS':
      return checkButtons(component.buttons, `${path}.buttons`);
    case 'CAROUSEL':
      return checkCarousel(component, path, all);
    case 'LIMITED_TIME_OFFER':
      return checkOffer(component, path, all);
    case 'OTHER':
      return [issue(path, 'This kind of component cannot be made here.')];
  }
}

const onlyOfCodes = (value: unknown, path: string): Issue[] =>
  value === undefined ? [] : [issue(path, 'Only an authentication template has it.')];

function checkHeader(header: TemplateHeader, at: string): Issue[] {
  if (header.format === 'LOCATION') return [];
  if (header.format !== 'TEXT') return checkMediaSample(header, at);
  const { text } = header;
  const path = `${at}.text`;
  const issues = [
    ...checkText(text, path, longest.header),
    ...checkOneLine(text, path),
    ...checkVariables(text, path),
  ];
  if ([...text.matchAll(placeholder)].length > 1) {
    issues.push(issue(path, 'A header may have one variable.'));
  }
  return issues;
}

/** Carousels and offers are marketing by their nature; Meta takes them in no other category. */
const checkCategory = (
  components: readonly TemplateComponentDefinition[],
  category: ContentCategory,
): Issue[] =>
  (['CAROUSEL', 'LIMITED_TIME_OFFER'] as const)
    .filter((type) => category !== 'marketing' && partOf(components, type) !== undefined)
    .map((type) => issue('body.category', `A template with ${type} must be of the category marketing.`));

/** The texts whose variables have to be of one format, which is one property of the template at Meta. */
const textsOf = (components: readonly TemplateComponentDefinition[]): string[] =>
  components.flatMap((component) => {
    if (component.type === 'CAROUSEL') return component.cards.flatMap((card) => textsOf(card.components));
    const isText = component.type === 'BODY' || (component.type === 'HEADER' && component.format === 'TEXT');
    return isText ? [component.text ?? ''] : [];
  });

function checkOneFormat(components: readonly TemplateComponentDefinition[]): Issue[] {
  const kinds = textsOf(components).map((text) => new Set(variablesOf(text).map(isPositional)));
  const isEachClear = kinds.every((kind) => kind.size <= 1);
  const all = new Set(kinds.flatMap((kind) => [...kind]));
  return isEachClear && all.size > 1
    ? [issue('body.components', 'Header and body must both use positions, or both names.')]
    : [];
}

export type ParameterFormat = 'positional' | 'named';

/** How a template's variables are given at Meta; one without variables counts as positional. */
export const parameterFormatOf = (components: readonly TemplateComponentDefinition[]): ParameterFormat =>
  textsOf(components)
    .flatMap(variablesOf)
    .some((name) => !isPositional(name))
    ? 'named'
    : 'positional';

/** Meta's bounds of a message's time to live, in seconds; -1 stands for 30 days. */
const ttlBounds = {
  authentication: { min: 30, max: 900, hasMax: true },
  utility: { min: 30, max: 43_200, hasMax: true },
  marketing: { min: 43_200, max: 2_592_000, hasMax: false },
} as const satisfies Record<ContentCategory, object>;

export function checkSendTtl(seconds: number | undefined, category: ContentCategory): Issue[] {
  const { min, max, hasMax } = ttlBounds[category];
  if (seconds === undefined || (hasMax && seconds === -1)) return [];
  if (seconds >= min && seconds <= max) return [];
  const unlimited = hasMax ? ', or -1 for 30 days' : '';
  const message = `Must be from ${min} to ${max} for the category ${category}${unlimited}.`;
  return [issue('body.messageSendTtlSeconds', message)];
}
