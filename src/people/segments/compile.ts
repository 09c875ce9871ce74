import type { Types } from 'mongoose';
import type { ClientScope } from '../../platform/mongo.ts';
import type { Moment } from './days.ts';
import { countriesIn } from './number-zones.ts';
import { matchOf, type Operand } from './match.ts';
import type { FieldSpec, Place } from './fields.ts';
import type { SegmentLeaf, SegmentNode } from './read.ts';

export type { Operand } from './match.ts';
export type { ThreadFact } from './fields.ts';

/** A filter of MongoDB. */
export type Filter = Readonly<Record<string, unknown>>;

/** A question about some contacts that another collection answers with the ids of those for whom it is so. */
export type Probe =
  | {
      readonly of: 'lead';
      readonly path: Extract<Place, { readonly of: 'lead' }>['path'];
      readonly operand: Operand;
    }
  | {
      readonly of: 'threads';
      readonly fact: Extract<Place, { readonly of: 'threads' }>['fact'];
      readonly operand: Operand;
    };

/** What a person should know of the result. */
export interface SegmentNote {
  readonly path: readonly (string | number)[];
  readonly field: string;
  readonly code: 'matches-missing' | 'zone-unknown';
  readonly message: string;
}

/**
 * How to find the members: `candidates` is a filter over contacts that finds them all, and for some of the contacts that
 * it finds, `members` is a filter that finds just the members, given for each probe the ids that it answered about these.
 * Without probes the two are the same filter, and need no ids.
 */
export interface SegmentPlan {
  readonly candidates: Filter;
  readonly probes: readonly Probe[];
  readonly members: (answers: readonly (readonly Types.ObjectId[])[]) => Filter;
  readonly notes: readonly SegmentNote[];
}

type Expression =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'probe'; readonly index: number };

/**
 * Compiles a filter for one moment: "the last 7 days" are other days tomorrow. `scope` is repeated in each part of an
 * `any`, because the database uses a partial index for a part only if all of the index is asked for there.
 */
export function compileSegment(node: SegmentNode, moment: Moment, scope: ClientScope): SegmentPlan {
  const compiling: Compiling = { moment, probes: [], notes: [] };
  const expression = compileNode(compiling, node, false);
  const { probes, notes } = compiling;
  const { render, necessary } = createRendering(scope);
  return {
    candidates: necessary(expression) ?? {},
    members: (answers) => render(expression, (index) => ({ _id: { $in: [...(answers[index] ?? [])] } })),
    ...{ probes, notes },
  };
}

interface Compiling {
  readonly moment: Moment;
  readonly probes: Probe[];
  readonly notes: SegmentNote[];
}

/** `isDenied` within an odd number of `not`. */
function compileNode(compiling: Compiling, node: SegmentNode, isDenied: boolean): Expression {
  switch (node.kind) {
    case 'all':
    case 'any':
      return { kind: node.kind, parts: node.parts.map((part) => compileNode(compiling, part, isDenied)) };
    case 'not':
      return negated(compileNode(compiling, node.part, !isDenied));
    case 'condition':
      return compileLeaf(compiling, node, isDenied);
  }
}

const negated = (part: Expression): Expression => (part.kind === 'not' ? part.part : { kind: 'not', part });

function compileLeaf(compiling: Compiling, leaf: SegmentLeaf, isDenied: boolean): Expression {
  const { spec, condition, path } = leaf;
  const { operand, isNegated } = matchOf(leaf, compiling.moment);
  if (spec.mayBeMissing && condition.op !== 'exists' && isNegated !== isDenied)
    compiling.notes.push(missingNote(spec, path));
  if (spec.place.of === 'zone') noteUnknownZones(compiling, leaf);
  const found =
    spec.place.of === 'zone' ? zoneExpression(leaf, operand) : place(compiling, spec.place, operand);
  return isNegated ? negated(found) : found;
}

/** The zone that was given for the contact counts; the country of its number only where none was given. */
function zoneExpression({ condition }: SegmentLeaf, countries: Operand): Expression {
  const given = condition.op === 'exists' ? { $exists: true } : { $in: zonesIn(condition) };
  return {
    kind: 'any',
    parts: [
      { kind: 'filter', filter: { timezone: given } },
      { kind: 'filter', filter: { timezone: { $exists: false }, country: countries } },
    ],
  };
}

const zonesIn = ({ value }: { readonly value?: unknown }): readonly string[] =>
  (Array.isArray(value) ? value : [value]).map(String);

function place(
  compiling: Compiling,
  at: Exclude<Place, { readonly of: 'zone' }>,
  operand: Operand,
): Expression {
  switch (at.of) {
    case 'contact':
      return { kind: 'filter', filter: { [at.path]: operand } };
    case 'custom':
      return { kind: 'filter', filter: customFilter(at, operand) };
    case 'lead':
      return { kind: 'probe', index: compiling.probes.push({ ...at, operand }) - 1 };
    case 'threads':
      return { kind: 'probe', index: compiling.probes.push({ ...at, operand }) - 1 };
  }
}

/** The indexes hold only contacts that have what `isIndexed` says, which the database does not conclude from the entry. */
function customFilter({ key, slot }: Extract<Place, { readonly of: 'custom' }>, operand: Operand): Filter {
  const isIndexed = slot === 'n' || slot === 'd' ? `cf.${slot}` : 'cf.k';
  return { cf: { $elemMatch: { k: key, [slot]: operand } }, [isIndexed]: { $exists: true } };
}

const missingNote = ({ name }: FieldSpec, path: SegmentLeaf['path']): SegmentNote => ({
  ...{ path, field: name, code: 'matches-missing' },
  message: `Also matches contacts without ${name}.`,
});

function noteUnknownZones({ moment, notes }: Compiling, { spec, condition, path }: SegmentLeaf): void {
  if (condition.op === 'exists') return;
  const { unsure } = countriesIn(new Set(zonesIn(condition)), moment.now);
  if (unsure.length === 0) return;
  const message = `Numbers of ${unsure.join(', ')} do not tell their zone, so they have none.`;
  notes.push({ path, field: spec.name, code: 'zone-unknown', message });
}

function createRendering({ clientId }: ClientScope) {
  const disjunction = (parts: readonly Filter[]): Filter =>
    onlyOf(parts) ?? { $or: parts.flatMap((part) => alternativesIn(part) ?? [{ clientId, ...part }]) };

  function render(expression: Expression, answerOf: (index: number) => Filter): Filter {
    switch (expression.kind) {
      case 'all':
        return conjunction(expression.parts.map((part) => render(part, answerOf)));
      case 'any':
        return disjunction(expression.parts.map((part) => render(part, answerOf)));
      case 'not':
        return { $nor: [render(expression.part, answerOf)] };
      case 'filter':
        return expression.filter;
      case 'probe':
        return answerOf(expression.index);
    }
  }

  /** What every member matches as far as contacts alone tell; null if they tell nothing. */
  function necessary(expression: Expression): Filter | null {
    switch (expression.kind) {
      case 'all': {
        const parts = expression.parts.map(necessary).filter((part) => part !== null);
        return parts.length === 0 ? null : conjunction(parts);
      }
      case 'any': {
        const parts = expression.parts.map(necessary);
        const told = parts.filter((part) => part !== null);
        return told.length < parts.length ? null : disjunction(told);
      }
      case 'not':
        return hasProbe(expression.part) ? null : render(expression, () => ({}));
      case 'filter':
        return expression.filter;
      case 'probe':
        return null;
    }
  }

  return { render, necessary };
}

function hasProbe(expression: Expression): boolean {
  switch (expression.kind) {
    case 'all':
    case 'any':
      return expression.parts.some(hasProbe);
    case 'not':
      return hasProbe(expression.part);
    case 'filter':
      return false;
    case 'probe':
      return true;
  }
}

/** An `any` in an `any` is one list, so that the database plans each part of it. */
const alternativesIn = ({ $or: parts, ...others }: Filter): readonly Filter[] | undefined =>
  Object.keys(others).length === 0 ? (parts as readonly Filter[] | undefined) : undefined;

const conjunction = (parts: readonly Filter[]): Filter => onlyOf(parts) ?? { $and: parts };
const onlyOf = (parts: readonly Filter[]): Filter | undefined => (parts.length === 1 ? parts[0] : undefined);
