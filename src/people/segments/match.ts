import { endOfPrefix } from '../../platform/listing.ts';
import type { Scalar } from './conditions.ts';
import { rangeOf, type Comparison, type Moment } from './days.ts';
import type { FieldSpec } from './fields.ts';
import { countriesIn, countriesWithZone } from './number-zones.ts';
import type { SegmentLeaf } from './read.ts';

/** The operators of MongoDB for one stored value. */
export type Operand = Readonly<Record<string, unknown>>;

/** A condition as a comparison of the stored value, or as the opposite of one. */
interface Match {
  readonly operand: Operand;
  readonly isNegated: boolean;
}

const is = (operand: Operand): Match => ({ operand, isNegated: false });
const isNot = (operand: Operand): Match => ({ operand, isNegated: true });

/** `ne`, `has-none` and the absence of a field are the opposite of a comparison, so they also match what is missing. */
export function matchOf({ spec, condition }: SegmentLeaf, moment: Moment): Match {
  switch (condition.op) {
    case 'ne':
      return isNot(oneOf(spec, [condition.value], moment));
    case 'in':
    case 'has':
      return is(oneOf(spec, condition.value, moment));
    case 'has-all':
      return is(allOf(spec, condition.value));
    case 'has-none':
      return isNot(oneOf(spec, condition.value, moment));
    case 'contains':
      return is(beginningWith(spec, String(condition.value)));
    case 'exists':
      return condition.value ? is(present(spec, moment)) : isNot(present(spec, moment));
    case 'eq':
      if (spec.whenTrue !== undefined)
        return condition.value === true ? is(spec.whenTrue(moment)) : isNot(spec.whenTrue(moment));
      return is(compare(spec, condition, moment));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
    case 'between':
    case 'within':
      return is(compare(spec, condition, moment));
  }
}

function oneOf(spec: FieldSpec, values: readonly Scalar[], { now }: Moment): Operand {
  const { stored, place } = spec;
  if (place.of === 'zone') return { $in: countriesIn(new Set(values.map(String)), now).sure };
  const all = stored === undefined ? values : values.map((value) => stored(String(value)));
  const [first] = all;
  return all.length === 1 ? { $eq: first } : { $in: all };
}

const allOf = ({ stored = (value) => value }: FieldSpec, values: readonly Scalar[]): Operand => ({
  $all: values.map((value) => stored(String(value))),
});

const present = ({ place }: FieldSpec, { now }: Moment): Operand =>
  place.of === 'zone' ? { $in: countriesWithZone(now) } : { $exists: true };

function beginningWith({ prefix = (value) => value }: FieldSpec, value: string): Operand {
  const beginning = prefix(value);
  return { $gte: beginning, $lt: endOfPrefix(beginning) };
}

function compare(spec: FieldSpec, condition: Comparison, moment: Moment): Operand {
  const { type } = spec;
  if (type === 'date' || type === 'day') return rangeOf(condition, type, moment);
  switch (condition.op) {
    case 'between': {
      const [first, last] = condition.value;
      return { $gte: first, $lte: last };
    }
    case 'eq':
      return oneOf(spec, [condition.value], moment);
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
    case 'within':
      return { [`$${condition.op}`]: condition.value };
  }
}
