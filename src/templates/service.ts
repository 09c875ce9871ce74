import type { ClientSession, Types } from 'mongoose';
import { createCache } from '../platform/cache.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { newId } from '../platform/ids.ts';
import type { ClientScope } from '../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../platform/pagination.ts';
import type { TemplateDoc, TemplateFilter, TemplateRepository } from './repository.ts';
import { starterTemplates } from './starter-templates.ts';

export type { TemplateDoc } from './repository.ts';

export interface TemplateChoice {
  readonly channelId: Types.ObjectId;
  readonly name: string;
  /** May be left out while the template exists in one language only. */
  readonly language?: string | undefined;
}

type TemplateName = Pick<TemplateDoc, 'name' | 'language'>;

export type TemplateService = ReturnType<typeof createTemplateService>;

/** A change of a template is seen by every process after this time at the latest, and at once by the one that made it. */
const cacheTtlMs = 2_000;

/** Enough to choose from, found among a few more: a sign-in code opens no conversation. */
const mostSuggestions = 20;
const mostLookedAt = 50;

export function createTemplateService({ templates, clock }: { templates: TemplateRepository; clock: Clock }) {
  const cache = createCache<readonly TemplateDoc[]>({ ttlMs: cacheTtlMs, maxEntries: 5_000, clock });

  return {
    /** The approved template that a send names; every other case is an error that says what to choose. */
    async requireSendable(
      scope: ClientScope,
      { channelId, name, language }: TemplateChoice,
    ): Promise<TemplateDoc> {
      const key = cacheKey({ ...scope, channelId, name });
      const languages = await cache.get(key, () => templates.findByName(scope, channelId, name));
      const template = chooseLanguage(languages, { name, language });
      if (template.status !== 'approved') {
        throw new AppError('template-not-approved', `The template ${name} is ${template.status}.`);
      }
      return template;
    },

    /** Approved templates that could be sent on this channel instead of a free-form message, by name. */
    async suggest(scope: ClientScope, channelId: Types.ObjectId): Promise<TemplateName[]> {
      const filter = { status: 'approved', channelId } as const;
      const approved = await templates.list(scope, filter, { limit: mostLookedAt, after: null });
      return approved
        .filter(({ category }) => category !== 'authentication')
        .slice(0, mostSuggestions)
        .map(({ name, language }) => ({ name, language }));
    },

    /** Lets go of what this process has in memory of a template that it has just changed. */
    forget: (template: CachedBy): void => cache.forget(cacheKey(template)),

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
        language: 'en_US',
        status: 'approved' as const,
        createdAt: clock.now(),
        version: 1,
      }));
      await templates.insertMany(scope, fresh, session);
    },
  };
}

type CachedBy = Pick<TemplateDoc, 'clientId' | 'channelId' | 'name'>;

const cacheKey = ({ clientId, channelId, name }: CachedBy): string =>
  `${clientId.toHexString()}:${channelId.toHexString()}:${name}`;

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
