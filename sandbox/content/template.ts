/** Template messages and their components, including the cards of a carousel. Pure. */
import { textOrNull, scalarText, type JsonRecord } from '../json.ts';
import { checkList, checkObject, checkText, missing, wrong, type Check, type CheckResult } from './checks.ts';
import { checkParameter } from './template-parameters.ts';

const MAX_PARAMETERS = 100;
const MAX_COMPONENTS = 20;
const MAX_CARDS = 10;

/** The parameter types of each component, and their maximum number. */
const COMPONENTS: Readonly<Record<string, { readonly types: readonly string[]; readonly max: number }>> = {
  header: { types: ['text', 'image', 'video', 'document', 'gif', 'location', 'product'], max: 1 },
  body: { types: ['text', 'currency', 'date_time'], max: MAX_PARAMETERS },
  footer: { types: ['text'], max: 1 },
  limited_time_offer: { types: ['limited_time_offer'], max: 1 },
  tap_target_configuration: { types: ['tap_target_configuration'], max: 1 },
};

const BUTTONS: Readonly<Record<string, { readonly types: readonly string[]; readonly min: number }>> = {
  url: { types: ['text'], min: 1 },
  quick_reply: { types: ['payload', 'text'], min: 1 },
  copy_code: { types: ['coupon_code'], min: 1 },
  flow: { types: ['action'], min: 0 },
  catalog: { types: ['action'], min: 0 },
  mpm: { types: ['action'], min: 1 },
  voice_call: { types: ['payload', 'ttl_minutes'], min: 0 },
};

interface ParameterRule {
  readonly types: readonly string[];
  readonly min: number;
  readonly max: number;
}

function checkParameters(component: JsonRecord, path: string, rule: ParameterRule): CheckResult {
  const { parameters } = component;
  if (parameters === undefined && rule.min === 0) return null;
  if (parameters !== undefined && !Array.isArray(parameters)) return wrong(path, 'it must be an array');
  return checkList(parameters, path, [rule.min, rule.max], (parameter, parameterPath) =>
    checkParameter(parameter, parameterPath, rule.types),
  );
}

function checkButton(component: JsonRecord, path: string): CheckResult {
  const subType = component['sub_type'];
  if (subType === undefined) return missing(`${path}.sub_type`);
  const rule = BUTTONS[scalarText(subType).toLowerCase()];
  if (rule === undefined) {
    return wrong(`${path}.sub_type`, `it must be one of ${Object.keys(BUTTONS).join(', ')}`);
  }
  // Meta's samples contain both texts and numbers.
  if (!/^[0-9]$/.test(scalarText(component['index']))) return wrong(`${path}.index`, 'it must be 0 to 9');
  return checkParameters(component, `${path}.parameters`, { ...rule, max: 1 });
}

function checkCards(component: JsonRecord, path: string): CheckResult {
  return checkList(component['cards'], `${path}.cards`, [1, MAX_CARDS], (card, cardPath) => {
    if (!/^[0-9]$/.test(scalarText(card['card_index'])))
      return wrong(`${cardPath}.card_index`, 'it must be 0 to 9');
    return checkComponents(card['components'], `${cardPath}.components`, false);
  });
}

function checkComponent(component: JsonRecord, path: string, mayNest: boolean): CheckResult {
  const typeProblem = checkText(component['type'], `${path}.type`, 64);
  if (typeProblem !== null) return typeProblem;
  const type = scalarText(component['type']).toLowerCase();
  if (type === 'button') return checkButton(component, path);
  if (type === 'carousel' && mayNest) return checkCards(component, path);
  const rule = COMPONENTS[type];
  return rule === undefined
    ? wrong(
        `${path}.type`,
        `it must be one of ${[...Object.keys(COMPONENTS), 'button', 'carousel'].join(', ')}`,
      )
    : checkParameters(component, `${path}.parameters`, { ...rule, min: 0 });
}

function checkComponents(components: unknown, path: string, mayNest: boolean): CheckResult {
  if (!Array.isArray(components)) {
    return components === undefined ? missing(path) : wrong(path, 'it must be an array');
  }
  const seen = new Set<string>();
  return checkList(components, path, [0, MAX_COMPONENTS], (component, componentPath) => {
    const found = checkComponent(component, componentPath, mayNest);
    if (found !== null) return found;
    const type = (textOrNull(component['type']) ?? '').toLowerCase();
    const key = type === 'button' ? `button ${scalarText(component['index'])}` : type;
    if (seen.has(key)) return wrong(componentPath, 'each component may be given once');
    seen.add(key);
    return null;
  });
}

export const checkTemplate: Check = (template) => {
  const nameProblem = checkText(template['name'], 'template.name', 512);
  if (nameProblem !== null) return nameProblem;
  if (!/^[a-z0-9_]+$/.test(scalarText(template['name']))) {
    return wrong('template.name', 'only a-z, 0-9 and _ are allowed');
  }
  const { language, components } = template;
  return (
    checkObject(language, 'template.language', ({ code, policy }) => {
      const codeProblem = checkText(code, 'template.language.code', 16);
      if (codeProblem !== null) return codeProblem;
      if (!/^[a-z]{2,3}(?:_[A-Za-z]{2,4})?$/.test(scalarText(code))) {
        return wrong('template.language.code', 'it must look like en or en_US');
      }
      return policy === undefined || policy === 'deterministic'
        ? null
        : wrong('template.language.policy', 'it must be deterministic');
    }) ?? (components === undefined ? null : checkComponents(components, 'template.components', true))
  );
};
