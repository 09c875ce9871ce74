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
  /** Optional if the template exists in one language only. */
  readonly language?: string | undefined;
}

/** A template as a message names it. */
type NamedTemplate = Required<TemplateChoice> & { readonly language: string };

/** A template by id, or as a message names it. */
export type TemplateKey = { readonly id: Types.ObjectId } | NamedTemplate;

/** The state of a template just before a send. */
export interface TemplateState {
  readonly status: TemplateStatus;
  readonly category: TemplateCategory;
  /** Why it is not approved, if known. */
  readonly reason: string | null;
}

export interface TemplateCatalogueDeps extends TemplateChangeDeps {
  readonly syncs: TemplateSyncRepository;
  readonly clock: Clock;
}

export type TemplateCatalogue = ReturnType<typeof createTemplateCatalogue>;

/** The process that changes a template sees the change at once, every other process within this time. */
const cacheTtlMs = 2_000;
/** The delay of the sync after a refused send; until then the refusal decides the state. */
const syncAfterRefusalMs = 60_000;

const maxSuggestions = 20;
const maxCandidates = 50;

const bySystem: AuditActor = { type: 'system' };

export function createTemplateCatalogue(deps: TemplateCatalogueDeps) {
  const { templates, clock } = deps;
  const cache = createTemplateCache(deps);
  const resource = createTemplateResource(deps, cache.forget);

  return {
    resource,
    forget: cache.forget,
    ...forDispatch(deps, cache, resource),

    /**
     * The template of a send; throws an error with the possible choices if it cannot be sent. Accepts a paused
     * template: the message waits until the provider ends the pause, or until it expires.
     */
    async requireSendable(scope: ClientScope, choice: TemplateChoice): Promise<TemplateDoc> {
      const template = chooseLanguage(await cache.languagesOf(scope, choice), choice);
      assertSendable(template.name, { status: template.status, reason: reasonOf(template) });
      return template;
    },

    /** The same check for the template of an existing message. */
    async requireStillSendable(scope: ClientScope, ref: NamedTemplate): Promise<void> {
      const template = await cache.findFor(scope, ref);
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

    /** Adds the templates of a new client in sandbox mode. */
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

type TemplateCache = ReturnType<typeof createTemplateCache>;

function createTemplateCache({ templates, clock }: Pick<TemplateCatalogueDeps, 'templates' | 'clock'>) {
  const cacheOptions = { ttlMs: cacheTtlMs, maxEntries: 5_000, clock };
  const byName = createCache<readonly TemplateDoc[]>(cacheOptions);
  const byId = createCache<TemplateDoc | null>(cacheOptions);

  const languagesOf = (scope: ClientScope, { channelId, name }: Pick<TemplateChoice, 'channelId' | 'name'>) =>
    byName.get(nameKey({ ...scope, channelId, name }), () => templates.findByName(scope, channelId, name));

  const forgetRef = (scope: ClientScope, ref: TemplateKey): void => {
    if ('id' in ref) byId.forget(idKey(scope, ref.id));
    else byName.forget(nameKey({ ...scope, ...ref }));
  };

  return {
    languagesOf,

    /** `isFresh` reads the database, and gives the cache what it finds. */
    async findFor(scope: ClientScope, ref: TemplateKey, isFresh = false): Promise<TemplateDoc | null> {
      if (isFresh) forgetRef(scope, ref);
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

/** The functions that a send needs. */
const forDispatch = (
  { templates, syncs, clock }: TemplateCatalogueDeps,
  cache: TemplateCache,
  resource: TemplateResource,
) => ({
  /** The state of a template, at most two seconds old unless `isFresh`; null if it does not exist. */
  async stateForSend(
    scope: ClientScope,
    ref: TemplateKey,
    { isFresh = false }: { readonly isFresh?: boolean } = {},
  ): Promise<TemplateState | null> {
    const template = await cache.findFor(scope, ref, isFresh);
    if (template === null) return null;
    const { status, category } = template;
    return { status, category, reason: reasonOf(template) };
  },

  /** The components of a template, at most two seconds old; null if it does not exist. */
  async contentForSend(scope: ClientScope, ref: NamedTemplate): Promise<TemplateDoc['components'] | null> {
    return (await cache.findFor(scope, ref))?.components ?? null;
  },

  /** Updates the template of a refused send: paused, disabled, or in need of a sync. */
  async noteProviderError(scope: ClientScope, ref: NamedTemplate, code: number): Promise<void> {
    const template = await cache.findFor(scope, ref);
    const at = clock.now();
    const changes = template === null ? null : changeAfterRefusal(template.status, code, at);
    if (template === null || changes === null) return;
    const change = templateChange('template.refused', ({ status }) => changeAfterRefusal(status, code, at));
    await resource.changeIfExists(scope, bySystem, template._id, change);
    // Delays the sync after a refusal for its state: an outdated list would release all waiting messages.
    const waitMs = changes.status === undefined ? 0 : syncAfterRefusalMs;
    await syncs.want(scope, ref.channelId, new Date(clock.now().getTime() + waitMs));
  },

  /** Templates to use instead of a free-form message, by name; authentication templates cannot start a conversation. */
  async suggest(
    scope: ClientScope,
    channelId: Types.ObjectId,
  ): Promise<Pick<TemplateDoc, 'name' | 'language'>[]> {
    const approved = await templates.listApproved(scope, channelId, maxCandidates);
    return approved
      .filter(({ category }) => category !== 'authentication')
      .slice(0, maxSuggestions)
      .map(({ name, language }) => ({ name, language }));
  },

  /** Schedules a sync of the templates of a channel, `inMs` milliseconds from now. */
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
  const suffix = reason === null ? '' : ` ${reason}`;
  throw new AppError('template-not-approved', `The template ${name} is ${status}.${suffix}`, {
    extensions: { state: status },
  });
}

function chooseLanguage(
  languages: readonly TemplateDoc[],
  { name, language }: Pick<TemplateChoice, 'name' | 'language'>,
): TemplateDoc {
  const [only, ...others] = languages;
  if (only === undefined) throw unknownTemplate('body.templateName', `The channel has no template ${name}.`);
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
