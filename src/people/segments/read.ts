import { z } from 'zod';
import { conditionShape, valueSchema, type Condition } from './conditions.ts';
import { customPrefix, type FieldSpec, type SegmentFields } from './fields.ts';

export const maxDepth = 5;
export const maxConditions = 50;
/** The values of all lists of a filter together. */
export const maxListed = 1_000;
/** Conditions on leads and conversations, each of which is a query of its own. */
export const maxProbes = 10;

const bounds = {
  conditions: { max: maxConditions, message: `Must have at most ${maxConditions} conditions.` },
  probes: {
    max: maxProbes,
    message: `Must have at most ${maxProbes} conditions on leads and conversations.`,
  },
  listed: { max: maxListed, message: `Must have at most ${maxListed} values in all its lists.` },
} as const;

type Counted = keyof typeof bounds;

type Path = readonly (string | number)[];

/** A condition on a field. */
export interface SegmentLeaf {
  readonly kind: 'condition';
  readonly spec: FieldSpec;
  readonly condition: Condition;
  readonly path: Path;
}

/** A filter of a segment, read and checked. */
export type SegmentNode =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly SegmentNode[] }
  | { readonly kind: 'not'; readonly part: SegmentNode }
  | SegmentLeaf;

/** The schema of a filter for a client with these fields; its issues name every problem by path. */
export const segmentFilter = (fields: SegmentFields) =>
  z.unknown().transform((input, context): SegmentNode => {
    const reading: Reading = {
      ...{ fields, counts: { conditions: 0, probes: 0, listed: 0 } },
      report: (path, message) => context.addIssue({ code: 'custom', path: [...path], message }),
    };
    return readNode(reading, input, { path: [], depth: 0 }) ?? z.NEVER;
  });

interface Reading {
  readonly fields: SegmentFields;
  readonly counts: Record<Counted, number>;
  report(path: Path, message: string): void;
}

interface Position {
  readonly path: Path;
  /** The groups around it. */
  readonly depth: number;
}

const unknownField = 'This field is unknown.';

const groups = ['all', 'any', 'not'] as const;

/** Whether it has the shape of a condition or a group; what is in it depends on the client. */
export const isFilter = (input: unknown): input is Readonly<Record<string, unknown>> =>
  typeof input === 'object' &&
  input !== null &&
  !Array.isArray(input) &&
  ['field', ...groups].some((name) => Object.hasOwn(input, name));

export const notFilter = 'Must be a condition (field, op, value) or one of all, any and not.';

/** Null if there was a problem. */
function readNode(reading: Reading, input: unknown, at: Position): SegmentNode | null {
  if (!isFilter(input)) {
    reading.report(at.path, notFilter);
    return null;
  }
  const group = groups.find((name) => Object.hasOwn(input, name));
  if (group === undefined) return readLeaf(reading, input, at.path);
  const others = Object.keys(input).filter((name) => name !== group);
  for (const name of others) reading.report([...at.path, name], unknownField);
  if (at.depth >= maxDepth) {
    reading.report(at.path, `Groups must not be nested deeper than ${maxDepth} levels.`);
    return null;
  }
  const inside = { path: [...at.path, group], depth: at.depth + 1 };
  if (group !== 'not') return readParts(reading, group, input[group], inside);
  const part = readNode(reading, input[group], inside);
  return part === null ? null : { kind: 'not', part };
}

function readParts(reading: Reading, kind: 'all' | 'any', input: unknown, at: Position): SegmentNode | null {
  if (!Array.isArray(input) || input.length === 0 || input.length > maxConditions) {
    reading.report(at.path, `Must be a list of 1 to ${maxConditions} conditions or groups.`);
    return null;
  }
  const parts: SegmentNode[] = [];
  for (const [index, item] of (input as readonly unknown[]).entries()) {
    const part = readNode(reading, item, { path: [...at.path, index], depth: at.depth });
    if (part !== null) parts.push(part);
    // What follows would be read for nothing.
    if (reading.counts.conditions > maxConditions) return null;
  }
  return parts.length === input.length ? { kind, parts } : null;
}

function readLeaf(
  reading: Reading,
  input: Readonly<Record<string, unknown>>,
  path: Path,
): SegmentLeaf | null {
  if (isBeyond(reading, 'conditions', 1)) return null;
  const spec = typeof input['field'] === 'string' ? reading.fields.get(input['field']) : undefined;
  if (spec === undefined) {
    reading.report([...path, 'field'], unknownFieldText(input['field']));
    return null;
  }
  const isProbe = spec.place.of === 'lead' || spec.place.of === 'threads';
  if (isProbe && isBeyond(reading, 'probes', 1)) return null;
  const { value } = input;
  if (Array.isArray(value) && isBeyond(reading, 'listed', value.length)) return null;
  const condition = readCondition(reading, spec, input, path);
  return condition === null ? null : { kind: 'condition', spec, condition, path };
}

/** Counts towards a bound of the whole filter; what first goes beyond it is reported. */
function isBeyond(reading: Reading, counted: Counted, count: number): boolean {
  const { max, message } = bounds[counted];
  const before = reading.counts[counted];
  reading.counts[counted] += count;
  const isNow = reading.counts[counted] > max;
  if (isNow && before <= max) reading.report([], message);
  return isNow;
}

const unknownFieldText = (name: unknown): string => {
  if (typeof name !== 'string') return 'Must be the name of a field.';
  return name.startsWith(customPrefix) ? 'There is no such custom field.' : 'There is no such field.';
};

function readCondition(
  reading: Reading,
  spec: FieldSpec,
  input: Readonly<Record<string, unknown>>,
  path: Path,
): Condition | null {
  const shape = conditionShape(spec.type).safeParse(input);
  if (!shape.success) return reportIssues(reading, shape.error, path);
  const { op } = shape.data;
  const value = valueSchema(op, spec.value).safeParse(shape.data.value);
  if (!value.success) return reportIssues(reading, value.error, [...path, 'value']);
  // The schema of the operator has made the value.
  return { op, value: value.data } as Condition;
}

function reportIssues(reading: Reading, error: z.ZodError, path: Path): null {
  for (const issue of error.issues) {
    const at = [...path, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys) reading.report([...at, key], unknownField);
    else reading.report(at, issue.message);
  }
  return null;
}
