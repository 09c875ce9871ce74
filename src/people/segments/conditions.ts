import { z } from 'zod';

/** What can be asked of a field: its operators and their values. */

export const maxTextLength = 640;
export const maxDays = 3_650;

export type Scalar = string | number | boolean;

export type Condition =
  | { readonly op: 'eq' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: Scalar }
  | { readonly op: 'ne' | 'contains'; readonly value: Scalar }
  | { readonly op: 'between'; readonly value: readonly [Scalar, Scalar] }
  | { readonly op: 'in' | 'has' | 'has-all' | 'has-none'; readonly value: readonly Scalar[] }
  /** The last so many days, of which today is one. */
  | { readonly op: 'within'; readonly value: number }
  | { readonly op: 'exists'; readonly value: boolean };

export type Operator = Condition['op'];

const order = ['lt', 'lte', 'gt', 'gte', 'between'] as const satisfies readonly Operator[];

/** `contains` finds beginnings only. A `flag` is true or false and never missing; a `day` has no zone. `sets` are tags and groups. */
export const operatorsOf = {
  text: ['eq', 'ne', 'contains', 'in', 'exists'],
  choice: ['eq', 'ne', 'in', 'exists'],
  number: ['eq', ...order, 'exists'],
  date: ['eq', ...order, 'within', 'exists'],
  day: ['eq', ...order, 'within', 'exists'],
  boolean: ['eq', 'exists'],
  flag: ['eq'],
  sets: ['has', 'has-all', 'has-none'],
} as const satisfies Record<string, readonly [Operator, ...Operator[]]>;

export type FieldType = keyof typeof operatorsOf;

/** A condition before its value is read. */
export const conditionShape = (type: FieldType) =>
  z.strictObject({
    field: z.string(),
    op: z.enum(operatorsOf[type], { error: `Must be one of ${operatorsOf[type].join(', ')}.` }),
    value: z.unknown().refine((value) => value !== undefined, { error: 'Required.' }),
  });

const ordered = (bounds: readonly [Scalar, Scalar]): boolean => {
  const [from, to] = bounds.map((bound) => (typeof bound === 'string' ? Date.parse(bound) : Number(bound)));
  return Number(from) <= Number(to);
};

const isDay = (value: Scalar): boolean => typeof value === 'string' && value.length === 10;

const pairOf = (value: z.ZodType<Scalar>) =>
  z
    .tuple([value, value], { error: 'Must be two values, the lower one first.' })
    .refine(([from, to]) => isDay(from) === isDay(to), {
      error: 'Must be two days, or two times.',
      abort: true,
    })
    .refine(ordered, { error: 'The first value must not be above the second.' });

const listOf = (value: z.ZodType<Scalar>) =>
  z
    .array(value)
    .min(1)
    .transform((values) => [...new Set(values)]);

const DayCount = z
  .int({ error: `Must be a number of days from 1 to ${maxDays}.` })
  .min(1)
  .max(maxDays);

/** The schema of the value, for an operator and the schema of one value of the field. */
export function valueSchema(op: Operator, value: z.ZodType<Scalar>): z.ZodType<Condition['value']> {
  switch (op) {
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
    case 'contains':
      return value;
    case 'between':
      return pairOf(value);
    case 'in':
    case 'has':
    case 'has-all':
    case 'has-none':
      return listOf(value);
    case 'within':
      return DayCount;
    case 'exists':
      return z.boolean();
  }
}
