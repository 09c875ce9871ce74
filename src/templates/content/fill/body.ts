import type { Issue } from '../../../platform/errors.ts';
import type { BodyParameter, TextParameter } from '../../../whatsapp/template-payload.ts';
import { byName, inSendOrder, variablesOf, type BodyValues, type TypedValue } from '../variables.ts';
import { fillText, type FilledText, type Place } from './text.ts';

export interface FilledBody extends Omit<FilledText, 'parameters'> {
  readonly parameters: readonly BodyParameter[];
}

/** Fills a body. An amount or a time counts, and is shown, as its text. */
export function fillBody(text: string, given: BodyValues | undefined, place: Place): FilledBody {
  const values = byName(given ?? {});
  const typed = new Map([...values].filter((entry): entry is [string, TypedValue] => isTyped(entry[1])));
  const texts = Object.fromEntries(
    [...values].map(([name, value]) => [name, typed.get(name)?.text ?? value]),
  );
  const filled = fillText(text, texts, place);
  const names = inSendOrder(variablesOf(text));
  const types = names.map((name) => typed.get(name));
  return {
    text: filled.text,
    parameters: filled.parameters.map((parameter, index) => withType(parameter, types[index])),
    issues: filled.issues.map((issue) =>
      atText(
        issue,
        place,
        names.filter((name) => typed.has(name)),
      ),
    ),
  };
}

const isTyped = (value: unknown): boolean => typeof value === 'object' && value !== null && 'type' in value;

function withType(parameter: TextParameter, value: TypedValue | undefined): BodyParameter {
  if (value === undefined) return parameter;
  const { text: fallback_value, type: _type, ...name } = parameter;
  return value.type === 'currency'
    ? {
        ...{ type: 'currency', ...name },
        currency: { fallback_value, code: value.code, amount_1000: value.amount1000 },
      }
    : { type: 'date_time', ...name, date_time: { fallback_value } };
}

/** What is wrong with a value of an amount or a time is wrong with its text. */
function atText(issue: Issue, { path }: Place, typed: readonly string[]): Issue {
  const isOfText = typed.some((name) => issue.path === `${path}.${name}`);
  return isOfText ? { ...issue, path: `${issue.path}.text` } : issue;
}
