/** Checks whether Meta would accept a created or edited template. Pure. */
import { isRecord, textOrNull, type JsonRecord } from '../json.ts';
import { CATEGORIES, type Category } from '../settings.ts';
import { authenticationProblem } from './authentication.ts';
import { buttonsProblem } from './button-rules.ts';
import { problem, tooLong, type TemplateProblem } from './problem.ts';
import { componentOf, typeOf, variablesOf, withoutVariables } from './template.ts';

const LIMITS = { header: 60, body: 1024, footer: 60, name: 512 };
const MEDIA_FORMATS = ['IMAGE', 'VIDEO', 'DOCUMENT', 'GIF'];
const FORMATS = ['TEXT', 'LOCATION', ...MEDIA_FORMATS];
const COMPONENTS = ['HEADER', 'BODY', 'FOOTER', 'BUTTONS', 'CAROUSEL', 'LIMITED_TIME_OFFER'];
const LANGUAGE = /^[a-z]{2,3}(?:_[A-Za-z]{2,4})?$/;
const TTL_SECONDS: Readonly<Record<Category, readonly [number, number]>> = {
  AUTHENTICATION: [30, 900],
  UTILITY: [30, 43_200],
  MARKETING: [43_200, 2_592_000],
};

const hasExample = (component: JsonRecord, ...names: readonly string[]): boolean => {
  const { example } = component;
  return isRecord(example) && names.some((name) => Array.isArray(example[name]));
};

function headerProblem(header: JsonRecord | null): TemplateProblem | null {
  if (header === null) return null;
  const format = (textOrNull(header['format']) ?? '').toUpperCase();
  if (!FORMATS.includes(format))
    return problem(`The header format must be one of ${FORMATS.join(', ')}.`, 2388047);
  if (MEDIA_FORMATS.includes(format)) {
    return hasExample(header, 'header_handle')
      ? null
      : problem('A header with media needs example.header_handle.', 2388047);
  }
  if (format === 'LOCATION') return null;
  const text = textOrNull(header['text']) ?? '';
  if (text === '') return problem('The header needs a text.', 2388047);
  if (text.length > LIMITS.header) return tooLong('header', LIMITS.header);
  const variables = variablesOf(text);
  if (variables.length > 1) return problem('The header may have one variable.', 2388047);
  return variables.length === 0 || hasExample(header, 'header_text', 'header_text_named_params')
    ? null
    : problem('The variable of the header needs an example.', 2388047);
}

function variableProblem(variables: readonly string[], isNamed: boolean): TemplateProblem | null {
  const isValid = isNamed
    ? variables.every((name) => /^[a-z][a-z0-9_]*$/.test(name))
    : variables.every((name) => Number(name) >= 1 && Number(name) <= variables.length && /^\d+$/.test(name));
  if (isValid) return null;
  return problem(
    isNamed
      ? 'Variables must be named with a-z, 0-9 and _.'
      : 'Variables must be numbered {{1}}, {{2}} and so on.',
    2388072,
  );
}

function bodyProblem(body: JsonRecord | null, given: JsonRecord): TemplateProblem | null {
  // Meta writes the text of an authentication template itself.
  if (given['category'] === 'AUTHENTICATION') return null;
  const text = textOrNull(body?.['text']) ?? '';
  if (body === null || text.trim() === '') return problem('The template needs a body with a text.', 2388072);
  if (text.length > LIMITS.body) return tooLong('body', LIMITS.body);
  const variables = variablesOf(text);
  if (variables.length === 0) return null;
  const isNamed = given['parameter_format'] === 'NAMED';
  const wrongVariable = variableProblem(variables, isNamed);
  if (wrongVariable !== null) return wrongVariable;
  if (/^\s*\{\{|\}\}\s*$/.test(text))
    return problem('Variables can’t be at the start or end of the template.', 2388299);
  if (/\}\}\s*\{\{/.test(text)) return problem('Variables must have text between them.', 2388072);
  const words = withoutVariables(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  if (words.length < 2 * variables.length) {
    return problem('This template has too many variables for its length.', 2388293);
  }
  return hasExample(body, 'body_text', 'body_text_named_params')
    ? null
    : problem('The variables of the body need examples.', 2388072);
}

function footerProblem(footer: JsonRecord | null): TemplateProblem | null {
  const text = textOrNull(footer?.['text']) ?? '';
  if (text.length > LIMITS.footer) return tooLong('footer', LIMITS.footer);
  return variablesOf(text).length === 0 ? null : problem('The footer may have no variables.', 2388073);
}

function cardsProblem(carousel: JsonRecord | null): TemplateProblem | null {
  if (carousel === null) return null;
  const { cards } = carousel;
  const isValid = Array.isArray(cards) && cards.length >= 2 && cards.length <= 10;
  return isValid ? null : problem('A carousel has 2 to 10 cards.');
}

/** Checks the components; `given` also holds the category and the parameter format. */
export function componentsProblem(given: JsonRecord): TemplateProblem | null {
  const { components } = given;
  if (!Array.isArray(components)) return problem('The parameter components is required.');
  const types = components.map(typeOf);
  const unknown = types.find((type) => !COMPONENTS.includes(type));
  if (unknown !== undefined)
    return problem(`Param components[type] must be one of {${COMPONENTS.join(', ')}}.`);
  if (new Set(types).size < types.length) return problem('Each component may be given once.');
  return (
    headerProblem(componentOf(components, 'HEADER')) ??
    bodyProblem(componentOf(components, 'BODY'), given) ??
    footerProblem(componentOf(components, 'FOOTER')) ??
    (given['category'] === 'AUTHENTICATION' ? authenticationProblem(components) : null) ??
    cardsProblem(componentOf(components, 'CAROUSEL')) ??
    buttonsProblem(components)
  );
}

export function ttlProblem(given: JsonRecord, category: Category): TemplateProblem | null {
  const seconds = given['message_send_ttl_seconds'];
  if (seconds === undefined || (seconds === -1 && category !== 'MARKETING')) return null;
  const [min, max] = TTL_SECONDS[category];
  const isValid = Number.isInteger(seconds) && Number(seconds) >= min && Number(seconds) <= max;
  return isValid ? null : problem(`message_send_ttl_seconds must be from ${min} to ${max} for ${category}.`);
}

export const categoryOf = (value: unknown): Category | null =>
  CATEGORIES.find((category) => category === value) ?? null;

/** Meta's library writes the components of such a template; the sandbox has one text for all of them. */
export function componentsOf(given: JsonRecord): unknown {
  const name = textOrNull(given['library_template_name']);
  return name === null || given['components'] !== undefined
    ? given['components']
    : [{ type: 'BODY', text: `The text of the library template ${name}.` }];
}

/** Checks the whole body of a creation. */
export function creationProblem(given: JsonRecord): TemplateProblem | null {
  const name = textOrNull(given['name']) ?? '';
  if (!/^[a-z0-9_]+$/.test(name)) return problem('The parameter name must be [a-z0-9_].');
  if (name.length > LIMITS.name) return tooLong('name', LIMITS.name);
  const language = textOrNull(given['language']);
  if (language === null) return problem('The parameter language is required.');
  if (!LANGUAGE.test(language)) return problem('Param language must be one of the languages, such as en_US.');
  const category = categoryOf(given['category']);
  if (category === null) return problem(`Param category must be one of {${CATEGORIES.join(', ')}}.`);
  const format = given['parameter_format'];
  if (format !== undefined && format !== 'NAMED' && format !== 'POSITIONAL') {
    return problem('Param parameter_format must be one of {NAMED, POSITIONAL}.');
  }
  return ttlProblem(given, category) ?? componentsProblem({ ...given, components: componentsOf(given) });
}
