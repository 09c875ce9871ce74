import { completed } from '../content/authentication.ts';
import { isSameContent, readComponents } from '../content/read.ts';
import type { ProviderTemplate } from '../../whatsapp/template-gateway.ts';
import {
  categoryChange,
  categoryOf,
  languageOf,
  qualityOf,
  statusOf,
  type TemplateChanges,
} from '../rules.ts';
import type { TemplateDoc } from '../store/model.ts';

/** What is left of a pause whose end the provider has promised and not brought about yet. */
const unpausing = 'The provider has agreed to unpause it, and still says that it is paused.';

/**
 * What the template is once the provider has agreed to unpause it, by what it says of it now; `theirs` is null when it
 * could not be read. An event of before that comes late changes it no more.
 */
export function changeAfterUnpause(
  ours: TemplateDoc,
  theirs: ProviderTemplate | null,
  at: Date,
): TemplateChanges {
  const changes = theirs === null ? {} : changesTo(ours, theirs);
  return (changes.status ?? ours.status) === 'paused'
    ? { pauseReason: unpausing, needsSync: true }
    : { ...changes, statusAt: at };
}

export type FreshTemplate = Pick<
  TemplateDoc,
  'name' | 'language' | 'category' | 'components' | 'status' | 'providerTemplateId'
> &
  TemplateChanges;

export interface SyncPlan {
  readonly added: readonly FreshTemplate[];
  /** What each known template should be; many are so already. */
  readonly found: readonly { readonly template: TemplateDoc; readonly changes: TemplateChanges }[];
  readonly gone: readonly { readonly template: TemplateDoc; readonly changes: TemplateChanges }[];
}

/** What was submitted this short before may be missing in a list that was asked for later. */
const settlingMs = 10 * 60_000;

/**
 * Compares what we have of a channel with what the provider has: by the provider's id, then by name and language.
 * From an incomplete list nothing is concluded to be gone.
 */
export function planSync(
  local: readonly TemplateDoc[],
  remote: readonly ProviderTemplate[],
  { startedAt, isComplete }: { readonly startedAt: Date; readonly isComplete: boolean },
): SyncPlan {
  const byId = new Map(
    local.flatMap((template) =>
      template.providerTemplateId === undefined ? [] : [[template.providerTemplateId, template] as const],
    ),
  );
  const byName = new Map(local.map((template) => [nameKey(template), template]));
  const seen = new Set<TemplateDoc>();
  const added = new Map<string, FreshTemplate>();
  const found: SyncPlan['found'][number][] = [];
  for (const theirs of remote) {
    const ours = byId.get(theirs.id) ?? byName.get(nameKey(theirs));
    if (ours === undefined) {
      added.set(nameKey(theirs), freshOf(theirs));
    } else if (!seen.has(ours)) {
      seen.add(ours);
      const isSaid = isSaidSince(ours, startedAt);
      found.push({ template: ours, changes: isSaid ? contentOf(ours, theirs) : changesTo(ours, theirs) });
    }
  }
  const missing = isComplete ? local.filter((template) => !seen.has(template)) : [];
  return {
    added: [...added.values()],
    found,
    gone: missing.flatMap((template) => {
      const changes = changesOfMissing(template, startedAt);
      return changes === null ? [] : [{ template, changes }];
    }),
  };
}

const nameKey = ({ name, language }: { readonly name: string; readonly language: string }): string =>
  `${name} ${languageOf(language)}`;

/** A draft is ours alone; what the provider never had under an id becomes one. */
function changesOfMissing(template: TemplateDoc, startedAt: Date): TemplateChanges | null {
  if (template.status === 'draft' || template.status === 'deleted') return null;
  if (isSaidSince(template, startedAt)) return null;
  if (template.providerTemplateId === undefined) {
    return { status: 'draft', submitProblem: 'The provider does not have this template: submit it.' };
  }
  const isFresh =
    template.submittedAt !== undefined && template.submittedAt.getTime() > startedAt.getTime() - settlingMs;
  return isFresh ? null : { status: 'deleted', needsSync: null };
}

const rejectionOf = ({ rejectedReason }: ProviderTemplate): string | null =>
  rejectedReason === undefined || rejectedReason.toUpperCase() === 'NONE' ? null : rejectedReason;

function stateOf(theirs: ProviderTemplate): TemplateChanges {
  const format = theirs.parameterFormat?.toLowerCase();
  const quality = theirs.qualityScore === undefined ? null : qualityOf(theirs.qualityScore);
  const ttl = theirs.messageSendTtlSeconds;
  return {
    providerTemplateId: theirs.id,
    ...(format === 'named' || format === 'positional' ? { parameterFormat: format } : {}),
    ...(quality === null ? {} : { qualityScore: quality }),
    ...(ttl === undefined ? {} : { messageSendTtlSeconds: ttl }),
  };
}

function freshOf(theirs: ProviderTemplate): FreshTemplate {
  const status = statusOf(theirs.status) ?? 'pending';
  const rejection = rejectionOf(theirs);
  return {
    ...stateOf(theirs),
    name: theirs.name,
    language: languageOf(theirs.language),
    category: categoryOf(theirs.category) ?? 'marketing',
    components: readComponents(theirs.components),
    status,
    providerTemplateId: theirs.id,
    ...(status === 'rejected' && rejection !== null ? { rejectionReason: rejection } : {}),
  };
}

/**
 * Whether the provider has told our status after the list was asked for: then the list, which may have been written
 * before, says nothing about it. A webhook tells whole seconds, and meant any moment of its second.
 */
function isSaidSince({ statusAt }: Pick<TemplateDoc, 'statusAt'>, startedAt: Date): boolean {
  if (statusAt === undefined) return false;
  const latestMs = statusAt.getMilliseconds() === 0 ? statusAt.getTime() + 999 : statusAt.getTime();
  return latestMs >= startedAt.getTime();
}

/** What the provider says of a template beside its state. */
function contentOf(ours: TemplateDoc, theirs: ProviderTemplate): TemplateChanges {
  const components = completed(readComponents(theirs.components), ours.components);
  return {
    ...stateOf(theirs),
    ...categoryChange(ours, theirs.category),
    ...(isSameContent(ours.components, components) ? {} : { components }),
  };
}

/** A pause says its reason in the webhook only: as long as it lasts, ours is kept. */
function changesTo(ours: TemplateDoc, theirs: ProviderTemplate): TemplateChanges {
  const status = statusOf(theirs.status) ?? ours.status;
  const isKept = status === ours.status;
  return {
    ...contentOf(ours, theirs),
    status,
    rejectionReason:
      status === 'rejected'
        ? (rejectionOf(theirs) ?? (isKept ? (ours.rejectionReason ?? null) : null))
        : null,
    ...(isKept ? {} : { pauseReason: null }),
    submitProblem: null,
    needsSync: null,
  };
}
