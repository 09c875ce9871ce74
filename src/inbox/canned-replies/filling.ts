import type { Issue } from '../../platform/errors.ts';
import { fillText } from '../../templates/content/fill/text.ts';
import { variablesOf } from '../../templates/content/variables.ts';

export const maxBodyLength = 4_096;

type Values = Readonly<Record<string, string | undefined>>;

export interface FilledReply {
  /** Null while a value is missing or wrong: a text never has a hole. */
  readonly text: string | null;
  /** The variables without a value that can be used, in the order of their first use. */
  readonly needs: readonly string[];
  /** What is wrong with the given values. */
  readonly issues: readonly Issue[];
}

/**
 * Fills a reply as templates are filled. A given value comes before a known one; one that is known and cannot be used,
 * such as a name with a line break, counts as missing.
 */
export function fillReply(
  body: string,
  { known, given }: { readonly known: Values; readonly given: Values },
): FilledReply {
  const wanted = variablesOf(body);
  const path = 'body.values';
  const values = new Map(wanted.flatMap((name) => pairOf(name, given[name] ?? known[name])));
  const { text, issues } = fillText(body, Object.fromEntries(values), {
    ...{ path, part: 'reply', maxLength: maxBodyLength },
  });
  const isGiven = (name: string): boolean => given[name] !== undefined;
  const missing = wanted.filter(
    (name) => !isGiven(name) && issues.some((issue) => issue.path === `${path}.${name}`),
  );
  const strays = Object.keys(given)
    .filter((name) => !wanted.includes(name))
    .map((name) => ({ path: `${path}.${name}`, message: 'The reply has no such variable.' }));
  const wrong = [
    ...issues.filter((issue) => !missing.some((name) => issue.path === `${path}.${name}`)),
    ...strays,
  ];
  return { text: missing.length + wrong.length === 0 ? text : null, needs: missing, issues: wrong };
}

const pairOf = (name: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[name, value]];
