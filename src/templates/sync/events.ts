import type { Types } from 'mongoose';
import type { AuditActor } from '../../audit/service.ts';
import type { ChannelDoc, ChannelService } from '../../channels/service.ts';
import { scopeOf } from '../../platform/mongo.ts';
import type { TemplateChange } from '../../whatsapp/template-events.ts';
import type { TemplateDoc, TemplateRepository } from '../store/repository.ts';
import { changeAfterNews, languageOf } from '../rules.ts';
import type { TemplateService } from '../service.ts';

export interface TemplateEventDeps {
  readonly templates: TemplateRepository;
  readonly service: Pick<TemplateService, 'change' | 'wantSync'>;
  readonly channels: Pick<ChannelService, 'findByIdAcrossClients' | 'listByWabaIdAcrossClients'>;
}

export type TemplateEvents = ReturnType<typeof createTemplateEvents>;

const bySystem: AuditActor = { type: 'system' };

/** What the provider says of templates in its webhooks. */
export function createTemplateEvents(deps: TemplateEventDeps) {
  return {
    /**
     * Applies news to the template on every channel of the account. A template that we do not have is read from the
     * provider. `unmatched`: no channel is of this account. What came in on a channel's own address may speak of
     * that one only.
     */
    async apply(change: TemplateChange, ownChannelId?: Types.ObjectId): Promise<'done' | 'unmatched'> {
      const concerned = await findChannels(deps, change, ownChannelId);
      for (const channel of concerned) await applyTo(deps, channel, change);
      return concerned.length === 0 ? 'unmatched' : 'done';
    },
  };
}

async function findChannels(
  { channels }: TemplateEventDeps,
  { wabaId }: TemplateChange,
  ownChannelId: Types.ObjectId | undefined,
): Promise<readonly ChannelDoc[]> {
  if (ownChannelId === undefined) return channels.listByWabaIdAcrossClients(wabaId);
  const own = await channels.findByIdAcrossClients(ownChannelId);
  return own !== null && own.wabaId === wabaId ? [own] : [];
}

async function applyTo(deps: TemplateEventDeps, channel: ChannelDoc, change: TemplateChange): Promise<void> {
  const { service } = deps;
  const scope = scopeOf(channel.clientId);
  const template = await findTemplate(deps, channel, change);
  if (template === null) return service.wantSync(scope, channel._id, 0);
  const at = change.atMs === null ? null : new Date(change.atMs);
  const { providerTemplateId: id } = change;
  const changed = await service.change(
    scope,
    bySystem,
    { id: template._id, action: 'template.reviewed' },
    (current) => ({
      ...changeAfterNews(current, change.news, at),
      ...(id !== null && current.providerTemplateId === undefined ? { providerTemplateId: id } : {}),
    }),
  );
  if (changed === null || changed.needsSync === true) await service.wantSync(scope, channel._id, 0);
}

/** By the provider's id; else by its name, unless that is known under another id: then it is another template. */
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
