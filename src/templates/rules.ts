import { completed } from '../template-content/authentication.ts';
import { isSameContent, readComponents } from '../template-content/read.ts';
import { ruleFor } from '../whatsapp/error-classes.ts';
import type { ProviderTemplate } from '../whatsapp/template-gateway.ts';
import type { QualityScore, TemplateCategory, TemplateDoc, TemplateStatus } from './store/model.ts';

/** What the features around templates need of their content; the content itself has a folder of its own. */
export { fillTemplate, offerEndIssues, type FilledTemplate } from '../template-content/rules.ts';

/** Fields of a template to change; null clears. */
export type TemplateChanges = {
  readonly [
    Field in
      | 'name'
      | 'language'
      | 'category'
      | 'submittedCategory'
      | 'components'
      | 'parameterFormat'
      | 'status'
      | 'statusAt'
      | 'rejectionReason'
      | 'pauseReason'
      | 'qualityScore'
      | 'messageSendTtlSeconds'
      | 'providerTemplateId'
      | 'submittedAt'
      | 'submitProblem'
      | 'needsSync'
  ]?: NonNullable<TemplateDoc[Field]> | null;
};

const statuses: Readonly<Record<string, TemplateStatus>> = {
  APPROVED: 'approved',
  PENDING: 'pending',
  REJECTED: 'rejected',
  PAUSED: 'paused',
  DISABLED: 'disabled',
  IN_APPEAL: 'in-appeal',
  PENDING_DELETION: 'pending-deletion',
  DELETED: 'deleted',
  LIMIT_EXCEEDED: 'limit-exceeded',
  ARCHIVED: 'archived',
};

/** Null for a word that says no state by itself (FLAGGED, REINSTATED, LOCKED, UNARCHIVED), or that we do not know. */
export const statusOf = (word: string): TemplateStatus | null => ownValue(statuses, word.toUpperCase());

const categories: Readonly<Record<string, TemplateCategory>> = {
  MARKETING: 'marketing',
  UTILITY: 'utility',
  AUTHENTICATION: 'authentication',
};

export const categoryOf = (word: string): TemplateCategory | null => ownValue(categories, word.toUpperCase());

const qualities: Readonly<Record<string, QualityScore>> = {
  GREEN: 'green',
  YELLOW: 'yellow',
  RED: 'red',
  UNKNOWN: 'unknown',
};

export const qualityOf = (word: string): QualityScore | null => ownValue(qualities, word.toUpperCase());

const ownValue = <Value>(table: Readonly<Record<string, Value>>, word: string): Value | null =>
  new Map(Object.entries(table)).get(word) ?? null;

/** `en-US` and `en_US` are one language: the provider writes both. */
export const languageOf = (text: string): string => text.replaceAll('-', '_');

/** The provider's word on the category decides; what was asked for stays written down beside it. */
export function categoryChange(
  { category, submittedCategory }: Pick<TemplateDoc, 'category' | 'submittedCategory'>,
  word: string | undefined,
): TemplateChanges {
  const said = word === undefined ? null : categoryOf(word);
  if (said === null || said === category) return {};
  const asked = submittedCategory ?? category;
  return { category: said, submittedCategory: said === asked ? null : asked };
}

/** The reasons that belong to a status; those of the status before are cleared. */
const reasonsOf = (status: TemplateStatus, reason: string | null): TemplateChanges => ({
  rejectionReason: status === 'rejected' ? reason : null,
  pauseReason: status === 'paused' || status === 'disabled' ? reason : null,
});

/** What an answer of the provider to a creation or an edit means. */
export const changeAfterSubmit = (
  template: TemplateDoc,
  answer: { readonly id: string; readonly status: string; readonly category?: string },
  at: Date,
): TemplateChanges => {
  const status = statusOf(answer.status) ?? 'pending';
  return {
    ...{ providerTemplateId: answer.id, status, submittedAt: at, submitProblem: null },
    ...reasonsOf(status, null),
    ...categoryChange(template, answer.category),
  };
};

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

/** What a webhook of the provider says about a template. */
export type TemplateNews =
  | { readonly what: 'status'; readonly word: string; readonly reason: string | null }
  | { readonly what: 'quality'; readonly word: string }
  | { readonly what: 'category'; readonly word: string }
  /** The template has to be read again. */
  | { readonly what: 'content' };

/**
 * What news mean for a template. Of two statuses the later event counts, whatever came first; a word that is no
 * status by itself, or that is older than what we know, only says that the template has to be read again.
 */
export function changeAfterNews(template: TemplateDoc, news: TemplateNews, at: Date | null): TemplateChanges {
  switch (news.what) {
    case 'content':
      return { needsSync: true };
    case 'quality': {
      const score = qualityOf(news.word);
      return score === null ? {} : { qualityScore: score };
    }
    case 'category':
      return categoryChange(template, news.word);
    case 'status': {
      const status = statusOf(news.word);
      const isOld = at !== null && template.statusAt !== undefined && at < template.statusAt;
      if (status === null || isOld) return { needsSync: true };
      return { status, ...reasonsOf(status, news.reason), ...(at === null ? {} : { statusAt: at }) };
    }
  }
}

/**
 * What a refusal of a send by its template means; null when it says nothing about the template. A pause that is told
 * late does not bring back what is disabled. `at` is when it was refused: a list from before says nothing against it.
 */
export function changeAfterRefusal(status: TemplateStatus, code: number, at: Date): TemplateChanges | null {
  const { template } = ruleFor({ code });
  if (template === undefined) return null;
  if (template === 'resync' || (template === 'paused' && status === 'disabled')) return { needsSync: true };
  const pauseReason = `The provider refuses it as ${template} (${code}).`;
  const news = status === template ? {} : { statusAt: at };
  return { status: template, ...news, pauseReason, needsSync: true };
}

/** Why a template cannot be sent now, in words; null when there is nothing to say. */
export const reasonOf = ({
  pauseReason,
  rejectionReason,
  submitProblem,
}: Pick<TemplateDoc, 'pauseReason' | 'rejectionReason' | 'submitProblem'>): string | null =>
  pauseReason ?? rejectionReason ?? submitProblem ?? null;

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
      found.push({ template: ours, changes: changesTo(ours, theirs, startedAt) });
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

/** A pause says its reason in the webhook only: as long as it lasts, ours is kept. */
function changesTo(ours: TemplateDoc, theirs: ProviderTemplate, startedAt: Date): TemplateChanges {
  const components = completed(readComponents(theirs.components), ours.components);
  const content = {
    ...stateOf(theirs),
    ...categoryChange(ours, theirs.category),
    ...(isSameContent(ours.components, components) ? {} : { components }),
  };
  if (isSaidSince(ours, startedAt)) return content;
  const status = statusOf(theirs.status) ?? ours.status;
  const isKept = status === ours.status;
  return {
    ...content,
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
