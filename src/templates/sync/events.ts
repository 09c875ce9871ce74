import type { AuditActor } from '../../audit/service.ts';
import type { ChannelDoc } from '../../channels/directory.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { TemplateChange } from '../../whatsapp/template-events.ts';
import type { TemplateDoc, TemplateRepository } from '../store/repository.ts';
import { changeAfterNews, languageOf } from '../rules.ts';
import { templateChange } from '../changes.ts';
import type { TemplateCatalogue } from '../catalogue.ts';

export interface TemplateEventDeps {
  readonly templates: TemplateRepository;
  readonly catalogue: Pick<TemplateCatalogue, 'resource' | 'wantSync'>;
}

export type TemplateEvents = ReturnType<typeof createTemplateEvents>;

const bySystem: AuditActor = { type: 'system' };

/** Applies the provider's webhooks about templates. */
export function createTemplateEvents(deps: TemplateEventDeps) {
  return {
    /** Applies a change to the template on these channels. Schedules a sync for an unknown template. */
    async apply(change: TemplateChange, channels: readonly ChannelDoc[]): Promise<void> {
      for (const channel of channels) await applyTo(deps, channel, change);
    },
  };
}

async function applyTo(deps: TemplateEventDeps, channel: ChannelDoc, change: TemplateChange): Promise<void> {
  const { catalogue } = deps;
  const scope = scopeOf(channel.clientId);
  const template = await findTemplate(deps, channel, change);
  if (template === null) return catalogue.wantSync(scope, channel._id, 0);
  const at = change.atMs === null ? null : new Date(change.atMs);
  const { providerTemplateId: id } = change;
  const changed = await catalogue.resource.changeIfExists(
    scope,
    bySystem,
    template._id,
    templateChange('template.reviewed', (current) => ({
      ...changeAfterNews(current, change.news, at),
      ...(id !== null && current.providerTemplateId === undefined ? { providerTemplateId: id } : {}),
    })),
  );
  if (changed === null || changed.needsSync === true) await catalogue.wantSync(scope, channel._id, 0);
}

/** Finds by the provider's id, otherwise by name, unless that template has another provider id. */
async function findTemplate(
  { templates }: TemplateEventDeps,
  { _id: channelId, clientId }: ChannelDoc,
  { providerTemplateId: id, name, language }: TemplateChange,
): Promise<TemplateDoc | null> {
  const scope = scopeOf(clientId);
  const byId = id === null ? null : await templates.findByProviderId(scope, channelId, id);
  if (byId !== null || name === null) return byId;
  const candidates = (await templates.findByName(scope, channelId, name)).filter(
    (template) =>
      (language === null || languageOf(template.language) === languageOf(language)) &&
      (id === null || template.providerTemplateId === undefined),
  );
  const [only, ...others] = candidates;
  return others.length === 0 ? (only ?? null) : null;
}
