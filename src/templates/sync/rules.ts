import { withStoredParts } from '../content/authentication.ts';
import { isSameContent, readComponents } from '../content/read.ts';
import type { ProviderTemplate } from '../../whatsapp/template-gateway.ts';
import {
  categoryChange,
  categoryOf,
  languageOf,
  qualityOf,
  statusOf,
  unknownStatusChange,
  type TemplateChanges,
} from '../rules.ts';
import type { TemplateDoc } from '../store/model.ts';

/** The pause reason while the provider has accepted an unpause, but still reports the pause. */
const unpausing = 'The provider accepted the unpause, but still reports the template as paused.';

/**
 * The changes after the provider accepted an unpause; `theirs` is the template as it reports it then, null if it could
 * not be read. Sets `statusAt`, so that a late event from before has no effect.
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
  /** The state of each known template; many are unchanged. */
  readonly found: readonly { readonly template: TemplateDoc; readonly changes: TemplateChanges }[];
  readonly gone: readonly { readonly template: TemplateDoc; readonly changes: TemplateChanges }[];
}

/** A template submitted within this time may still be missing in the provider's list. */
const settlingMs = 10 * 60_000;

/**
 * Compares the stored templates of a channel with the provider's: by the provider's id, then by name and language. An
 * incomplete list removes nothing.
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
      const isNewer = isStatusNewer(ours, startedAt);
      found.push({ template: ours, changes: isNewer ? contentOf(ours, theirs) : changesTo(ours, theirs) });
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

/** Ignores drafts, which the provider never had. A template without a provider id becomes a draft. */
function changesOfMissing(template: TemplateDoc, startedAt: Date): TemplateChanges | null {
  if (template.status === 'draft' || template.status === 'deleted') return null;
  if (isStatusNewer(template, startedAt)) return null;
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
  const known = statusOf(theirs.status);
  const status = known ?? 'pending';
  const rejection = rejectionOf(theirs);
  const category = categoryOf(theirs.category);
  return {
    ...stateOf(theirs),
    name: theirs.name,
    language: languageOf(theirs.language),
    // The strictest category for consent, until the provider's word is known.
    category: category ?? 'marketing',
    ...(category === null ? { unknownCategory: theirs.category } : {}),
    ...(known === null ? { unknownStatus: theirs.status } : {}),
    components: readComponents(theirs.components),
    status,
    providerTemplateId: theirs.id,
    ...(status === 'rejected' && rejection !== null ? { rejectionReason: rejection } : {}),
  };
}

/**
 * Whether the stored status is newer than the list, which may have been written when it was requested. Webhook times
 * are whole seconds, so such a time may mean any moment of its second.
 */
function isStatusNewer({ statusAt }: Pick<TemplateDoc, 'statusAt'>, startedAt: Date): boolean {
  if (statusAt === undefined) return false;
  const latestMs = statusAt.getMilliseconds() === 0 ? statusAt.getTime() + 999 : statusAt.getTime();
  return latestMs >= startedAt.getTime();
}

/** The changes apart from the status. */
function contentOf(ours: TemplateDoc, theirs: ProviderTemplate): TemplateChanges {
  const components = withStoredParts(readComponents(theirs.components), ours.components);
  return {
    ...stateOf(theirs),
    ...categoryChange(ours, theirs.category),
    ...(isSameContent(ours.components, components) ? {} : { components }),
  };
}

/** Keeps the stored reason of a pause, because only the webhook carries it. */
function changesTo(ours: TemplateDoc, theirs: ProviderTemplate): TemplateChanges {
  const status = statusOf(theirs.status) ?? ours.status;
  const isKept = status === ours.status;
  return {
    ...contentOf(ours, theirs),
    ...unknownStatusChange(ours, theirs.status),
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
