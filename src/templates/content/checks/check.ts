import type { Issue } from '../../../platform/errors.ts';
import { checkAuthentication } from './authentication.ts';
import { checkButtons } from './buttons.ts';
import { checkCarousel, checkOffer } from './marketing.ts';
import {
  checkBodyText,
  checkMediaSample,
  checkNoVariables,
  checkOneLine,
  checkPlain,
  checkText,
  checkVariables,
  issue,
} from './text.ts';
import { isAuthentication } from '../authentication.ts';
import { partOf, type TemplateComponentDefinition, type TemplateHeader } from '../definition.ts';
import { isPositional, placeholder, variablesOf } from '../variables.ts';

/** Meta's limits on the texts of a template, in characters. Source: Meta's template components reference. */
const maxLengths = { header: 60, body: 1_024, bodyOfOffer: 600, footer: 60 } as const;

export type ContentCategory = 'marketing' | 'utility' | 'authentication';

/**
 * All problems for which Meta would refuse these components, each with its path below `body.components`. Does not cover
 * Meta's own judgement: too many variables for the text, wording, or whether it is marketing.
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
        ...checkBodyText(
          component.text ?? '',
          `${path}.text`,
          isOffer ? maxLengths.bodyOfOffer : maxLengths.body,
        ),
        ...onlyInAuthentication(component.add_security_recommendation, `${path}.add_security_recommendation`),
      ];
    }
    case 'FOOTER':
      return [
        ...checkText(component.text ?? '', `${path}.text`, maxLengths.footer),
        ...checkOneLine(component.text ?? '', `${path}.text`),
        ...checkPlain(component.text ?? '', `${path}.text`),
        ...checkNoVariables(component.text ?? '', `${path}.text`),
        ...onlyInAuthentication(component.code_expiration_minutes, `${path}.code_expiration_minutes`),
      ];
    case 'BUTTONS':
      return checkButtons(component.buttons, `${path}.buttons`);
    case 'CAROUSEL':
      return checkCarousel(component, path, all);
    case 'LIMITED_TIME_OFFER':
      return checkOffer(component, path, all);
    case 'OTHER':
      return [issue(path, 'This type of component is not supported.')];
  }
}

const onlyInAuthentication = (value: unknown, path: string): Issue[] =>
  value === undefined ? [] : [issue(path, 'Allowed only in an authentication template.')];

function checkHeader(header: TemplateHeader, at: string): Issue[] {
  if (header.format === 'LOCATION') return [];
  if (header.format !== 'TEXT') return checkMediaSample(header, at);
  const { text } = header;
  const path = `${at}.text`;
  const issues = [
    ...checkText(text, path, maxLengths.header),
    ...checkOneLine(text, path),
    ...checkPlain(text, path),
    ...checkVariables(text, path),
  ];
  if ([...text.matchAll(placeholder)].length > 1) {
    issues.push(issue(path, 'A header may have one variable.'));
  }
  return issues;
}

/** Meta accepts carousels and offers only in the category marketing. */
const checkCategory = (
  components: readonly TemplateComponentDefinition[],
  category: ContentCategory,
): Issue[] =>
  (['CAROUSEL', 'LIMITED_TIME_OFFER'] as const)
    .filter((type) => category !== 'marketing' && partOf(components, type) !== undefined)
    .map((type) => issue('body.category', `A template with ${type} must be of the category marketing.`));

/** The texts whose variables must share one format: at Meta it is a property of the template. */
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

/** The format of the variables at Meta; a template without variables counts as positional. */
export const parameterFormatOf = (components: readonly TemplateComponentDefinition[]): ParameterFormat =>
  textsOf(components)
    .flatMap(variablesOf)
    .some((name) => !isPositional(name))
    ? 'named'
    : 'positional';

/** Meta's bounds on the time to live of a message, in seconds; -1 means 30 days. */
const ttlBounds = {
  authentication: { min: 30, max: 900, isThirtyDaysAllowed: true },
  utility: { min: 30, max: 43_200, isThirtyDaysAllowed: true },
  marketing: { min: 43_200, max: 2_592_000, isThirtyDaysAllowed: false },
} as const satisfies Record<ContentCategory, object>;

export function checkSendTtl(seconds: number | undefined, category: ContentCategory): Issue[] {
  const { min, max, isThirtyDaysAllowed } = ttlBounds[category];
  if (seconds === undefined || (isThirtyDaysAllowed && seconds === -1)) return [];
  if (seconds >= min && seconds <= max) return [];
  const orThirtyDays = isThirtyDaysAllowed ? ', or -1 for 30 days' : '';
  const message = `Must be from ${min} to ${max} for the category ${category}${orThirtyDays}.`;
  return [issue('body.messageSendTtlSeconds', message)];
}
