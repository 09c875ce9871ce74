import type { FieldSpec } from './fields.ts';
import type { SegmentLeaf, SegmentNode } from './read.ts';

/** What a filter names and what must therefore not vanish under it; each once, in order of appearance. */
export interface SegmentReferences {
  /** The names of all fields. */
  readonly fields: readonly string[];
  /** The keys of custom fields. */
  readonly customFields: readonly string[];
  readonly options: readonly { readonly customField: string; readonly option: string }[];
  /** The ids of tags. */
  readonly tags: readonly string[];
  /** The ids of groups; missing in segments from before there were any. */
  readonly groups?: readonly string[];
  readonly agentIds: readonly string[];
  readonly stages: readonly string[];
}

/** The conditions of a filter, in order. */
export function leavesOf(node: SegmentNode): readonly SegmentLeaf[] {
  if (node.kind === 'condition') return [node];
  return node.kind === 'not' ? leavesOf(node.part) : node.parts.flatMap(leavesOf);
}

const unique = <Item>(items: readonly Item[]): readonly Item[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

/** The texts that a condition compares with. */
function textsOf({ condition }: SegmentLeaf): readonly string[] {
  const { value } = condition;
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return values.filter((item) => typeof item === 'string');
}

export function referencesOf(filter: SegmentNode): SegmentReferences {
  const leaves = leavesOf(filter);
  const valuesOf = (isWanted: (spec: FieldSpec) => boolean): readonly string[] =>
    unique(leaves.filter(({ spec }) => isWanted(spec)).flatMap(textsOf));
  const custom = leaves.flatMap((leaf) =>
    leaf.spec.place.of === 'custom' ? [{ key: leaf.spec.place.key, leaf }] : [],
  );
  const options = custom
    .filter(({ leaf }) => leaf.spec.type === 'choice')
    .flatMap(({ key, leaf }) => textsOf(leaf).map((option) => ({ customField: key, option })));
  return {
    fields: unique(leaves.map(({ spec }) => spec.name)),
    customFields: unique(custom.map(({ key }) => key)),
    options: unique(options),
    tags: valuesOf(({ name }) => name === 'tags'),
    groups: valuesOf(({ name }) => name === 'groups'),
    agentIds: valuesOf(({ name }) => name === 'lead.assignedAgentId'),
    stages: valuesOf(({ name }) => name === 'lead.stage'),
  };
}
