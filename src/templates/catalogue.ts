import type { ClientSession, Types } from 'mongoose';
import type { AuditActor } from '../audit/service.ts';
import { createCache } from '../platform/cache.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../platform/pagination.ts';
import {
  createTemplateResource,
  templateChange,
  type TemplateChangeDeps,
  type TemplateResource,
} from './changes.ts';
import { parameterFormatOf } from './content/checks/check.ts';
import { starterTemplates } from './content/starters.ts';
import type { TemplateCategory, TemplateDoc, TemplateFilter, TemplateStatus } from './store/repository.ts';
import type { TemplateSyncRepository } from './store/syncs.ts';
import { changeAfterRefusal, reasonOf } from './rules.ts';

export type { TemplateDoc } from './store/repository.ts';

export interface TemplateChoice {
  readonly channelId: Types.ObjectId;
  readonly name: string;
  /** May be left out while the template exists in one language only. */
  readonly language?: string | undefined;
}

/** A template as a message names it. */
type NamedTemplate = Required<TemplateChoice> & { readonly language: string };

/** A template by its own id, or as a message names it. */
export type TemplateKey = { readonly id: Types.ObjectId } | NamedTemplate;

/** What a send has to know just before it leaves. */
export interface TemplateState {
  readonly status: TemplateStatus;
  readonly category: TemplateCategory;
  /** Why it is not approved, in words, if somebody has said it. */
  readonly reason: string | null;
}

export interface TemplateCatalogueDeps extends TemplateChangeDeps {
  readonly syncs: TemplateSyncRepository;
  readonly clock: Clock;
}

export type TemplateCatalogue = ReturnType<typeof createTemplateCatalogue>;

/** A change of a template is seen by every process after this time at the latest, and at once by the one that made it. */
const cacheTtlMs = 2_000;
/** How long a template counts as paused or disabled before the provider's list is asked about it. */
const believedMs = 60_000;

/** Enough to choose from, found among a few more. */
const maxSuggestions = 20;
const maxLookedAt = 50;

const bySystem: AuditActor = { type: 'system' };

export function createTemplateCatalogue(deps: TemplateCatalogueDeps) {
  const { templates, clock } = deps;
  const memory = createMemory(deps);
  const resource = createTemplateResource(deps, memory.forget);

  return {
    resource,
    forget: memory.forget,
    ...forDispatch(deps, memory, resource),

    /**
     * The template that a send names; every case that cannot be sent is an error that says what to choose. A paused
     * one is accepted: its message waits until the provider releases the template, or its time is over.
     */
    async requireSendable(scope: ClientScope, choice: TemplateChoice): Promise<TemplateDoc> {
      const template = chooseLanguage(await memory.languagesOf(scope, choice), choice);
      assertSendable(template.name, { status: template.status, reason: reasonOf(template) });
      return template;
    },

    /** The same of the template of a message that is there. */
    async requireStillSendable(scope: ClientScope, ref: NamedTemplate): Promise<void> {
      const template = await memory.findFor(scope, ref);
      const state = template && { status: template.status, reason: reasonOf(template) };
      assertSendable(ref.name, state ?? { status: 'missing', reason: null });
    },

    countOn: (scope: ClientScope, channelId: Types.ObjectId, atMost: number): Promise<number> =>
      templates.countOn(scope, channelId, atMost),

    async list(
      scope: ClientScope,
      filter: TemplateFilter,
      page: { limit: number; after: Cursor<string> | null },
    ): Promise<Page<TemplateDoc>> {
      const found = await templates.list(scope, filter, page);
      return toPage(found, page.limit, ({ name, _id }) => ({ key: name, id: _id }));
    },

    /** The templates with which a new client in sandbox mode begins. */
    async addStarterTemplates(
      scope: ClientScope,
      channelId: Types.ObjectId,
      session: ClientSession,
    ): Promise<void> {
      const fresh = starterTemplates.map((template) => ({
        _id: newId(),
        ...scope,
        channelId,
        ...template,
        parameterFormat: parameterFormatOf(template.components),
        language: 'en_US',
        status: 'approved' as const,
        createdAt: clock.now(),
        version: 1,
      }));
      await templates.insertMany(scope, fresh, session);
    },
  };
}

type Memory = ReturnType<typeof createMemory>;

/** What this process has seen of templates in the last two seconds. */
function createMemory({ templates, clock }: Pick<TemplateCatalogueDeps, 'templates' | 'clock'>) {
  const cacheOptions = { ttlMs: cacheTtlMs, maxEntries: 5_000, clock };
  const byName = createCache<readonly TemplateDoc[]>(cacheOptions);
  const byId = createCache<TemplateDoc | null>(cacheOptions);

  const languagesOf = (scope: ClientScope, { channelId, name }: Pick<TemplateChoice, 'channelId' | 'name'>) =>
    byName.get(nameKey({ ...scope, channelId, name }), () => templates.findByName(scope, channelId, name));

  return {
    languagesOf,

    async findFor(scope: ClientScope, ref: TemplateKey): Promise<TemplateDoc | null> {
      if ('id' in ref) return byId.get(idKey(scope, ref.id), () => templates.findById(scope, ref.id));
      const languages = await languagesOf(scope, ref);
      return languages.find(({ language }) => language === ref.language) ?? null;
    },

    forget(template: CachedBy): void {
      byName.forget(nameKey(template));
      byId.forget(idKey(template, template._id));
    },
  };
}

/** What a send asks and says on its way out. */
const forDispatch = (
  { templates, syncs, clock }: TemplateCatalogueDeps,
  memory: Memory,
  resource: TemplateResource,
) => ({
  /** How a template stands just before a send, two seconds old at the most; null when there is none. */
  async stateForSend(scope: ClientScope, ref: TemplateKey): Promise<TemplateState | null> {
    const template = await memory.findFor(scope, ref);
    if (template === null) return null;
    const { status, category } = template;
    return { status, category, reason: reasonOf(template) };
  },

  /** What a refused send says about its template: paused, disabled, or not as we have it. */
  async noteProviderError(scope: ClientScope, ref: NamedTemplate, code: number): Promise<void> {
    const template = await memory.findFor(scope, ref);
    const at = clock.now();
    const changes = template === null ? null : changeAfterRefusal(template.status, code, at);
    if (template === null || changes === null) return;
    const change = templateChange('template.refused', ({ status }) => changeAfterRefusal(status, code, at));
    await resource.changeIfThere(scope, bySystem, template._id, change);
    // A refusal that tells the state is believed: a list that does not know it yet would let all messages try again.
    const waitMs = changes.status === undefined ? 0 : believedMs;
    await syncs.want(scope, ref.channelId, new Date(clock.now().getTime() + waitMs));
  },

  /** Templates that would do where free form is not allowed, by name. A sign-in code opens no conversation. */
  async suggest(
    scope: ClientScope,
    channelId: Types.ObjectId,
  ): Promise<Pick<TemplateDoc, 'name' | 'language'>[]> {
    const approved = await templates.listApproved(scope, channelId, maxLookedAt);
    return approved
      .filter(({ category }) => category !== 'authentication')
      .slice(0, maxSuggestions)
      .map(({ name, language }) => ({ name, language }));
  },

  /** Has the templates of a channel read from the provider, in so many milliseconds. */
  wantSync: (scope: ClientScope, channelId: Types.ObjectId, inMs: number): Promise<void> =>
    syncs.want(scope, channelId, new Date(clock.now().getTime() + inMs)),
});

type CachedBy = Pick<TemplateDoc, '_id' | 'clientId' | 'channelId' | 'name'>;

const nameKey = ({ clientId, channelId, name }: Omit<CachedBy, '_id'>): string =>
  `${clientId.toHexString()}:${channelId.toHexString()}:${name}`;

const idKey = ({ clientId }: ClientScope, id: Types.ObjectId): string =>
  `${clientId.toHexString()}:${id.toHexString()}`;

function assertSendable(name: string, { status, reason }: { status: string; reason: string | null }): void {
  if (status === 'approved' || status === 'paused') return;
  const words = reason === null ? '' : ` ${reason}`;
  throw new AppError('template-not-approved', `The template ${name} is ${status}.${words}`);
}

function chooseLanguage(
  languages: readonly TemplateDoc[],
  { name, language }: Pick<TemplateChoice, 'name' | 'language'>,
): TemplateDoc {
  const [only, ...others] = languages;
  if (only === undefined)
    throw unknownTemplate('body.templateName', `There is no template ${name} on this channel.`);
  const known = languages.map((template) => template.language).join(', ');
  if (language === undefined) {
    if (others.length === 0) return only;
    throw unknownTemplate('body.language', `Choose one of the languages of ${name}: ${known}.`);
  }
  const chosen = languages.find((template) => template.language === language);
  if (chosen === undefined) {
    throw unknownTemplate('body.language', `The template ${name} exists in: ${known}.`);
  }
  return chosen;
}

const unknownTemplate = (path: string, message: string): AppError =>
  new AppError('invalid-input', 'The template cannot be sent.', { errors: [{ path, message }] });
