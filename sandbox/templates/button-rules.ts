/** Meta's limits on the buttons of a template. Pure. */
import { namesNumbersOnly } from '../content/web-sites.ts';
import { textOrNull, type JsonRecord } from '../json.ts';
import { problem, tooLong, type TemplateProblem } from './problem.ts';
import { buttonsOf, componentOf, variablesOf } from './template.ts';

const MAX_BUTTONS = 10;
const MAX_TEXT = 25;
const MAX_URL = 2_000;
const MAX_PHONE = 20;
/** Maximum number of buttons of each type. */
const COUNTS: Readonly<Record<string, number>> = {
  QUICK_REPLY: 10,
  URL: 2,
  PHONE_NUMBER: 1,
  COPY_CODE: 1,
  FLOW: 1,
  CATALOG: 1,
  MPM: 1,
  SPM: 1,
  OTP: 1,
  VOICE_CALL: 1,
};
/** Meta has texts of its own for these. */
const WITHOUT_TEXT = new Set(['COPY_CODE', 'OTP', 'CATALOG']);

const kindOf = (button: JsonRecord): string => (textOrNull(button['type']) ?? '').toUpperCase();

function urlProblem(button: JsonRecord): TemplateProblem | null {
  const url = textOrNull(button['url']) ?? '';
  if (url === '') return problem('A button of type URL needs its url.');
  if (url.length > MAX_URL) return tooLong('url', MAX_URL);
  if (namesNumbersOnly(url)) return problem('The url of a button may not be an IP address.');
  const variables = variablesOf(url);
  if (variables.length === 0) return null;
  if (variables.length > 1 || !url.endsWith('}}')) {
    return problem('The url of a button may have one variable, at its end.');
  }
  return Array.isArray(button['example']) ? null : problem('The variable of a url needs an example.');
}

function buttonProblem(button: JsonRecord): TemplateProblem | null {
  const kind = kindOf(button);
  const text = textOrNull(button['text']) ?? '';
  if (COUNTS[kind] === undefined) {
    return problem(`Param type of a button must be one of {${Object.keys(COUNTS).join(', ')}}.`);
  }
  if (text === '' && !WITHOUT_TEXT.has(kind)) return problem('A button needs a text.');
  if (text.length > MAX_TEXT) return tooLong('text of a button', MAX_TEXT);
  if (kind === 'URL') return urlProblem(button);
  if (kind !== 'PHONE_NUMBER') return null;
  const phone = textOrNull(button['phone_number']) ?? '';
  if (phone === '') return problem('A button of type PHONE_NUMBER needs its phone_number.');
  return phone.length > MAX_PHONE ? tooLong('phone number', MAX_PHONE) : null;
}

/** Quick replies must stand together, before or after all others. */
function isMixed(kinds: readonly string[]): boolean {
  const first = kinds.indexOf('QUICK_REPLY');
  const last = kinds.lastIndexOf('QUICK_REPLY');
  return first !== -1 && kinds.slice(first, last).some((kind) => kind !== 'QUICK_REPLY');
}

export function buttonsProblem(components: readonly unknown[]): TemplateProblem | null {
  if (componentOf(components, 'BUTTONS') === null) return null;
  const buttons = buttonsOf(components);
  if (buttons.length === 0) return problem('The component BUTTONS needs its buttons.');
  if (buttons.length > MAX_BUTTONS) return problem(`A template may have ${MAX_BUTTONS} buttons.`);
  const kinds = buttons.map(kindOf);
  const tooMany = Object.entries(COUNTS).find(
    ([kind, count]) => kinds.filter((each) => each === kind).length > count,
  );
  if (tooMany !== undefined)
    return problem(`A template may have ${tooMany[1]} buttons of type ${tooMany[0]}.`);
  if (isMixed(kinds)) return problem('Quick replies must stand together.');
  for (const button of buttons) {
    const found = buttonProblem(button);
    if (found !== null) return found;
  }
  return null;
}
