import type { Issue } from '../platform/errors.ts';
import type { TemplateComponent, TextParameter } from '../whatsapp/payload.ts';

/** Components as Meta's template API describes them; the parts that stage A sends. */
export type TemplateComponentDefinition =
  | {
      readonly type: 'HEADER';
      readonly format: 'TEXT';
      readonly text: string;
      readonly example?: TemplateExample | undefined;
    }
  | { readonly type: 'BODY'; readonly text: string; readonly example?: TemplateExample | undefined }
  | { readonly type: 'FOOTER'; readonly text: string }
  | { readonly type: 'BUTTONS'; readonly buttons: readonly TemplateButton[] };

/** Sample values for Meta's reviewers, in Meta's own form; kept as given. */
export type TemplateExample = Readonly<Record<string, unknown>>;

export type TemplateButton =
  | { readonly type: 'QUICK_REPLY'; readonly text: string }
  | {
      readonly type: 'URL';
      readonly text: string;
      readonly url: string;
      readonly example?: readonly string[] | undefined;
    }
  | { readonly type: 'PHONE_NUMBER'; readonly text: string; readonly phone_number: string };

/** Values by position (a list) or by name. */
export type VariableValues = readonly string[] | Readonly<Record<string, string>>;

export interface TemplateVariables {
  readonly header?: VariableValues | undefined;
  readonly body?: VariableValues | undefined;
  /** By the button's place from 0: the suffix of a URL, or the payload of a quick reply. */
  readonly buttons?: Readonly<Record<string, string>> | undefined;
}

export interface FilledTemplate {
  readonly components: readonly TemplateComponent[];
  /** What the person reads: header, body and footer with the variables filled in. */
  readonly text: string;
}

export type FillResult =
  | { readonly ok: true; readonly filled: FilledTemplate }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Meta's limits of a filled text, in characters. Source: Meta's template components reference. */
const longest = { header: 60, body: 1_024, payload: 256, url: 2_000 };

export const placeholder = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g;

/** The variables of a text in order of first use: `1`, `2` … or names. */
export function variablesOf(text: string): string[] {
  const names = [...text.matchAll(placeholder)].map((match) => match[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * Puts the given variables into a template, or names every variable that is missing, too many, empty or too long.
 * Answers the components of the send and the text that the person will read.
 */
export function fillTemplate(
  definitions: readonly TemplateComponentDefinition[],
  variables: TemplateVariables,
): FillResult {
  const issues: Issue[] = [];
  const components: TemplateComponent[] = [];
  const lines: string[] = [];
  const header = definitions.find((definition) => definition.type === 'HEADER');
  const body = definitions.find((definition) => definition.type === 'BODY');
  const buttons = definitions.find((definition) => definition.type === 'BUTTONS');

  for (const [type, text, given] of [
    ['header', header?.text ?? '', variables.header],
    ['body', body?.text ?? '', variables.body],
  ] as const) {
    const part = fillText(type, text, given ?? {});
    issues.push(...part.issues);
    if (part.parameters.length > 0) components.push({ type, parameters: part.parameters });
    if (part.text !== '') lines.push(part.text);
  }
  const filledButtons = fillButtons(buttons?.buttons ?? [], variables.buttons ?? {});
  issues.push(...filledButtons.issues);
  components.push(...filledButtons.components);
  const footer = definitions.find((definition) => definition.type === 'FOOTER');
  if (footer !== undefined) lines.push(footer.text);

  return issues.length > 0
    ? { ok: false, issues }
    : { ok: true, filled: { components, text: lines.join('\n') } };
}

interface FilledText {
  readonly parameters: readonly TextParameter[];
  readonly text: string;
  readonly issues: readonly Issue[];
}

function fillText(type: 'header' | 'body', text: string, given: VariableValues): FilledText {
  const path = `body.variables.${type}`;
  const wanted = inSendOrder(variablesOf(text));
  const values = byName(given);
  const issues: Issue[] = wanted.flatMap((name) => problemWith(path, name, values.get(name)));
  for (const name of values.keys()) {
    if (wanted.includes(name)) continue;
    issues.push({ path: `${path}.${name}`, message: `The template has no such ${type} variable.` });
  }
  const filled = text.replace(placeholder, (_match, name: string) => values.get(name) ?? '');
  if (filled.length > longest[type]) {
    const message = `The filled ${type} has ${filled.length} characters; ${longest[type]} are allowed.`;
    issues.push({ path, message });
  }
  const parameters = wanted.map((name) => ({
    type: 'text' as const,
    text: values.get(name) ?? '',
    ...(isPositional(name) ? {} : { parameter_name: name }),
  }));
  return { parameters, text: filled, issues };
}

function problemWith(path: string, name: string, value: string | undefined): Issue[] {
  if (value === undefined) return [{ path: `${path}.${name}`, message: 'This variable is missing.' }];
  if (value.trim() === '') return [{ path: `${path}.${name}`, message: 'This variable is empty.' }];
  return [];
}

/** Meta takes positional parameters by number; a translation may say `{{2}}` before `{{1}}`. */
const inSendOrder = (names: readonly string[]): string[] =>
  names.every(isPositional) ? names.toSorted((a, b) => Number(a) - Number(b)) : [...names];

export const isPositional = (name: string): boolean => /^\d+$/.test(name);

/** A list gives the variables `1`, `2`, … in its order. */
const byName = (given: VariableValues): ReadonlyMap<string, string> =>
  new Map(isList(given) ? given.map((value, index) => [String(index + 1), value]) : Object.entries(given));

const isList = (given: VariableValues): given is readonly string[] => Array.isArray(given);

function fillButtons(
  buttons: readonly TemplateButton[],
  given: Readonly<Record<string, string>>,
): { components: TemplateComponent[]; issues: Issue[] } {
  const values = new Map(Object.entries(given));
  const issues: Issue[] = [];
  const components: TemplateComponent[] = [];
  for (const [index, button] of buttons.entries()) {
    const path = `body.variables.buttons.${index}`;
    const value = values.get(String(index));
    values.delete(String(index));
    if (button.type === 'URL' && variablesOf(button.url).length > 0) {
      issues.push(
        ...problemWith('body.variables.buttons', String(index), value),
        ...tooLong(path, value, 'url'),
      );
      components.push(urlButton(index, value ?? ''));
    } else if (button.type === 'QUICK_REPLY' && value !== undefined) {
      issues.push(...tooLong(path, value, 'payload'));
      components.push(quickReplyButton(index, value));
    } else if (value !== undefined) {
      issues.push({ path, message: 'This button takes no variable.' });
    }
  }
  for (const name of values.keys()) {
    issues.push({ path: `body.variables.buttons.${name}`, message: 'The template has no such button.' });
  }
  return { components, issues };
}

const tooLong = (path: string, value: string | undefined, kind: 'url' | 'payload'): Issue[] =>
  (value?.length ?? 0) > longest[kind]
    ? [{ path, message: `At most ${longest[kind]} characters are allowed.` }]
    : [];

const urlButton = (index: number, text: string): TemplateComponent => ({
  type: 'button',
  sub_type: 'url',
  index: String(index),
  parameters: [{ type: 'text', text }],
});

const quickReplyButton = (index: number, payload: string): TemplateComponent => ({
  type: 'button',
  sub_type: 'quick_reply',
  index: String(index),
  parameters: [{ type: 'payload', payload }],
});
