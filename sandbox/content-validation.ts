import { isRecord, type JsonRecord } from './json.ts';

export interface InputProblem {
  readonly kind: 'invalid';
  readonly code: 100 | 131008 | 131009;
  readonly details: string;
}

type Check = (content: JsonRecord) => InputProblem | null;

const missing = (path: string): InputProblem => ({
  kind: 'invalid',
  code: 131008,
  details: `The parameter ${path} is required.`,
});

const wrong = (path: string, rule: string): InputProblem => ({
  kind: 'invalid',
  code: 131009,
  details: `Parameter ${path} is not valid: ${rule}.`,
});

/** Looks at one text field; `limit` counts characters, an absent field is fine unless it is required. */
function checkText(value: unknown, path: string, limit: number, isRequired = true): InputProblem | null {
  if (value === undefined || value === '') return isRequired ? missing(path) : null;
  if (typeof value !== 'string') return wrong(path, 'it must be a string');
  return value.length > limit ? wrong(path, `it must be at most ${limit} characters long`) : null;
}

function firstProblem<T>(items: readonly T[], check: (item: T, index: number) => InputProblem | null) {
  for (const [index, item] of items.entries()) {
    const found = check(item, index);
    if (found !== null) return found;
  }
  return null;
}

const checkMedia =
  (type: string): Check =>
  (media) => {
    if ((media['id'] === undefined) === (media['link'] === undefined)) {
      return media['id'] === undefined
        ? missing(`${type}.id`)
        : wrong(type, 'give either id or link, not both');
    }
    return (
      checkText(media['id'] ?? media['link'], `${type}.id`, 2048) ??
      checkText(media['caption'], `${type}.caption`, 1024, false)
    );
  };

const checkLocation: Check = (location) =>
  firstProblem(['latitude', 'longitude'], (name) => {
    const value = location[name];
    if (value === undefined) return missing(`location.${name}`);
    return Number.isFinite(Number(value)) ? null : wrong(`location.${name}`, 'it must be a number');
  });

const checkReaction: Check = (reaction) =>
  checkText(reaction['message_id'], 'reaction.message_id', 256) ??
  (typeof reaction['emoji'] === 'string' ? null : missing('reaction.emoji'));

function checkButtons(action: JsonRecord): InputProblem | null {
  const { buttons } = action;
  const path = 'interactive.action.buttons';
  if (!Array.isArray(buttons) || buttons.length === 0) return missing(path);
  if (buttons.length > 3) return wrong(path, 'at most 3 buttons are allowed');
  const ids = new Set<unknown>();
  return firstProblem<unknown>(buttons, (button, index) => {
    const reply = isRecord(button) && isRecord(button['reply']) ? button['reply'] : null;
    if (reply === null) return missing(`${path}[${index}].reply`);
    if (ids.has(reply['id'])) return wrong(`${path}[${index}].reply.id`, 'ids must be unique');
    ids.add(reply['id']);
    return (
      checkText(reply['id'], `${path}[${index}].reply.id`, 256) ??
      checkText(reply['title'], `${path}[${index}].reply.title`, 20)
    );
  });
}

function checkList(action: JsonRecord): InputProblem | null {
  const buttonProblem = checkText(action['button'], 'interactive.action.button', 20);
  if (buttonProblem !== null) return buttonProblem;
  const { sections } = action;
  if (!Array.isArray(sections) || sections.length === 0) return missing('interactive.action.sections');
  const rows = sections.flatMap((section: unknown) =>
    isRecord(section) && Array.isArray(section['rows']) ? section['rows'] : [],
  );
  if (rows.length === 0) return missing('interactive.action.sections[0].rows');
  return rows.length > 10 ? wrong('interactive.action.sections', 'at most 10 rows are allowed in all') : null;
}

const checkInteractive: Check = (interactive) => {
  const typeProblem = checkText(interactive['type'], 'interactive.type', 64);
  if (typeProblem !== null) return typeProblem;
  const { action, body } = interactive;
  if (!isRecord(action)) return missing('interactive.action');
  if (interactive['type'] !== 'button' && interactive['type'] !== 'list') return null;
  const isList = interactive['type'] === 'list';
  const text = isRecord(body) ? body['text'] : undefined;
  return (
    checkText(text, 'interactive.body.text', isList ? 4096 : 1024) ??
    (isList ? checkList(action) : checkButtons(action))
  );
};

function checkParameter(parameter: unknown, path: string): InputProblem | null {
  if (!isRecord(parameter)) return wrong(path, 'it must be an object');
  const typeProblem = checkText(parameter['type'], `${path}.type`, 64);
  if (typeProblem !== null) return typeProblem;
  if (parameter['type'] === 'text') return checkText(parameter['text'], `${path}.text`, 32_768);
  return parameter[String(parameter['type'])] === undefined
    ? missing(`${path}.${String(parameter['type'])}`)
    : null;
}

function checkComponent(component: unknown, path: string): InputProblem | null {
  if (!isRecord(component)) return wrong(path, 'it must be an object');
  const typeProblem = checkText(component['type'], `${path}.type`, 64);
  if (typeProblem !== null) return typeProblem;
  if (String(component['type']).toLowerCase() === 'button') {
    if (component['sub_type'] === undefined) return missing(`${path}.sub_type`);
    if (!/^[0-9]$/.test(String(component['index']))) return wrong(`${path}.index`, 'it must be 0 to 9');
  }
  const { parameters } = component;
  if (parameters === undefined) return null;
  if (!Array.isArray(parameters)) return wrong(`${path}.parameters`, 'it must be an array');
  return firstProblem<unknown>(parameters, (item, index) =>
    checkParameter(item, `${path}.parameters[${index}]`),
  );
}

const checkTemplate: Check = (template) => {
  const nameProblem = checkText(template['name'], 'template.name', 512);
  if (nameProblem !== null) return nameProblem;
  if (!/^[a-z0-9_]+$/.test(String(template['name']))) {
    return wrong('template.name', 'only a-z, 0-9 and _ are allowed');
  }
  const { language, components } = template;
  if (!isRecord(language)) return missing('template.language');
  const codeProblem = checkText(language['code'], 'template.language.code', 16);
  if (codeProblem !== null) return codeProblem;
  if (!/^[a-z]{2,3}(?:_[A-Za-z]{2,4})?$/.test(String(language['code']))) {
    return wrong('template.language.code', 'it must look like en or en_US');
  }
  if (components === undefined) return null;
  if (!Array.isArray(components)) return wrong('template.components', 'it must be an array');
  return firstProblem<unknown>(components, (item, index) =>
    checkComponent(item, `template.components[${index}]`),
  );
};

const CHECKS: ReadonlyMap<unknown, Check> = new Map<unknown, Check>([
  ['text', (text) => checkText(text['body'], 'text.body', 4096)],
  ['template', checkTemplate],
  ...['image', 'audio', 'video', 'document', 'sticker'].map((type): [string, Check] => [
    type,
    checkMedia(type),
  ]),
  ['location', checkLocation],
  ['interactive', checkInteractive],
  ['reaction', checkReaction],
]);

function checkContacts(contacts: unknown): InputProblem | null {
  if (!Array.isArray(contacts) || contacts.length === 0) return missing('contacts');
  return firstProblem<unknown>(contacts, (contact, index) => {
    const name = isRecord(contact) && isRecord(contact['name']) ? contact['name'] : {};
    return checkText(name['formatted_name'], `contacts[${index}].name.formatted_name`, 1024);
  });
}

/** Checks the object that carries the name of the type. */
export function validateContent(type: unknown, body: JsonRecord): InputProblem | null {
  if (type === 'contacts') return checkContacts(body['contacts']);
  const check = CHECKS.get(type);
  if (check === undefined) {
    const types = [...CHECKS.keys(), 'contacts'].map((name) => String(name).toUpperCase()).join(', ');
    return { kind: 'invalid', code: 100, details: `Param type must be one of {${types}}.` };
  }
  const content = body[String(type)];
  if (content === undefined)
    return { kind: 'invalid', code: 100, details: `The parameter ${String(type)} is required.` };
  return isRecord(content) ? check(content) : wrong(String(type), 'it must be an object');
}
