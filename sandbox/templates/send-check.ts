/** Compares a send with the stored template. Pure. */
import { isRecord, textOrNull, scalarText, type JsonRecord } from '../json.ts';
import { shownComponents } from './authentication.ts';
import { buttonsOf, componentOf, textOf, typeOf, variablesOf, type Template } from './template.ts';

/** The template as a send names it. */
export interface TemplateUse {
  readonly name: string;
  readonly language: string;
  readonly components: readonly unknown[];
}

export interface SendProblem {
  readonly code: number;
  readonly details?: string;
}

const MAX_BODY = 1024;

const parametersOf = (component: JsonRecord | null): readonly JsonRecord[] => {
  const parameters = component?.['parameters'];
  return Array.isArray(parameters) ? parameters.filter(isRecord) : [];
};

const mismatch = (where: string, given: number, expected: number): SendProblem => ({
  code: 132000,
  details: `${where}: number of localizable_params (${given}) does not match the expected number of params (${expected})`,
});

function variablesProblem(where: string, text: string, given: readonly JsonRecord[], isNamed: boolean) {
  const variables = variablesOf(text);
  if (given.length !== variables.length) return mismatch(where, given.length, variables.length);
  if (!isNamed) return null;
  const names = given.map((parameter) => textOrNull(parameter['parameter_name']));
  const absent = variables.find((variable) => !names.includes(variable));
  return absent === undefined
    ? null
    : { code: 132000, details: `${where}: the parameter ${absent} is not given` };
}

function headerProblem(template: Template, used: readonly unknown[]): SendProblem | null {
  const header = componentOf(template.components, 'HEADER');
  const given = parametersOf(componentOf(used, 'HEADER'));
  const format = (textOrNull(header?.['format']) ?? '').toLowerCase();
  if (header === null) return given.length === 0 ? null : mismatch('header', given.length, 0);
  if (format === 'text') {
    return variablesProblem('header', textOf(header), given, template.parameterFormat === 'NAMED');
  }
  if (given.length !== 1) return mismatch('header', given.length, 1);
  const type = textOrNull(given[0]?.['type']);
  if (type === format) return null;
  return {
    code: 132012,
    details: `header: Format mismatch, expected ${format}, received ${type ?? 'nothing'}`,
  };
}

function bodyProblem(template: Template, used: readonly unknown[]): SendProblem | null {
  // The text of an authentication template is Meta's; its one variable is the code.
  if (template.category === 'AUTHENTICATION') {
    const count = parametersOf(componentOf(used, 'BODY')).length;
    return count === 1 ? null : mismatch('body', count, 1);
  }
  const text = textOf(componentOf(template.components, 'BODY'));
  const given = parametersOf(componentOf(used, 'BODY'));
  const found = variablesProblem('body', text, given, template.parameterFormat === 'NAMED');
  if (found !== null) return found;
  const added = given.reduce((sum, parameter) => sum + (textOrNull(parameter['text'])?.length ?? 0), 0);
  return text.replace(/\{\{.*?\}\}/g, '').length + added > MAX_BODY
    ? { code: 132005, details: `body: the text is longer than ${MAX_BODY} characters after filling` }
    : null;
}

const SUB_TYPES: Readonly<Record<string, readonly string[]>> = {
  quick_reply: ['QUICK_REPLY'],
  url: ['URL'],
  copy_code: ['COPY_CODE'],
  flow: ['FLOW'],
  catalog: ['CATALOG'],
  mpm: ['MPM'],
};

function buttonsProblem(template: Template, used: readonly unknown[]): SendProblem | null {
  const buttons = buttonsOf(shownComponents(template));
  const given = used.filter(isRecord).filter((component) => typeOf(component) === 'BUTTON');
  for (const component of given) {
    const index = Number(component['index']);
    const kind = textOrNull(buttons[index]?.['type'])?.toUpperCase();
    const subType = scalarText(component['sub_type']).toLowerCase();
    if (kind === undefined || !(SUB_TYPES[subType] ?? [kind]).includes(kind)) {
      return { code: 132018, details: `buttons: the template has no ${subType} button at index ${index}` };
    }
  }
  const bare = buttons.findIndex(
    (button, index) =>
      variablesOf(textOrNull(button['url']) ?? '').length > 0 &&
      !given.some((component) => Number(component['index']) === index),
  );
  return bare === -1
    ? null
    : { code: 131008, details: `buttons: Button at index ${bare} of type Url requires a parameter` };
}

/** The problem that the status of a stored template causes for any send. */
export function stateProblem(template: Template): SendProblem | null {
  if (template.status === 'PAUSED') return { code: 132015 };
  return template.status === 'DISABLED' ? { code: 132016 } : null;
}

/** The full comparison; `template` is null if the account does not have it. */
export function fitProblem(template: Template | null, use: TemplateUse): SendProblem | null {
  if (template === null) {
    return {
      code: 132001,
      details: `template name (${use.name}) does not exist in ${use.language}`,
    };
  }
  // A template can be sent until its deletion is complete.
  const isSendable = template.status === 'APPROVED' || template.status === 'PENDING_DELETION';
  if (!isSendable) return stateProblem(template) ?? { code: 132001 };
  return (
    headerProblem(template, use.components) ??
    bodyProblem(template, use.components) ??
    buttonsProblem(template, use.components)
  );
}
