import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { TemplateGateway } from '../../whatsapp/template-gateway.ts';
import { accountOf, type Failure } from '../provider/provider.ts';
import type { TemplateDoc, TemplateRepository } from '../store/repository.ts';
import { planSync, type FreshTemplate, type SyncPlan } from './rules.ts';
import { templateChange, templateEventOf } from '../changes.ts';
import type { TemplateCatalogue } from '../catalogue.ts';

export interface TemplateSyncDeps {
  readonly templates: TemplateRepository;
  readonly catalogue: Pick<TemplateCatalogue, 'resource' | 'forget' | 'wantSync'>;
  readonly channels: Pick<ChannelDirectory, 'senderOf'>;
  readonly gateway: Pick<TemplateGateway, 'list'>;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export interface SyncCounts {
  readonly added: number;
  readonly updated: number;
  /** No longer at the provider: marked as deleted, or turned into drafts. */
  readonly removed: number;
  readonly unchanged: number;
}

export type SyncResult =
  | { readonly kind: 'done'; readonly counts: SyncCounts }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type TemplateSync = ReturnType<typeof createTemplateSync>;

interface Place {
  readonly scope: ClientScope;
  readonly by: AuditActor;
  readonly channel: ChannelDoc;
}

/** A first sync of a large account has thousands of templates. */
const maxInTransaction = 100;
/** The delay of the next sync if someone else changed a template meanwhile. */
const lostRaceMs = 5_000;

/** Syncs the templates of a channel with the provider. Concurrent syncs are safe. */
export function createTemplateSync(deps: TemplateSyncDeps) {
  const { templates, gateway, channels, clock } = deps;

  async function syncOnce(place: Place): Promise<SyncResult> {
    const { scope, channel } = place;
    const startedAt = clock.now();
    const outcome = await gateway.list(accountOf(channel, channels));
    if (outcome.kind !== 'done') return { kind: 'failed', failure: outcome };
    const { templates: remote, unreadable } = outcome.value;
    const local = await templates.listOn(scope, channel._id);
    const plan = planSync(local, remote, { startedAt, isComplete: unreadable === 0 });
    await addAll(deps, place, plan.added);
    const updated = await changeAll(deps, place, { action: 'template.synchronised', changes: plan.found });
    const removed = await changeAll(deps, place, { action: 'template.gone', changes: plan.gone });
    const unchanged = plan.found.length - updated;
    return { kind: 'done', counts: { added: plan.added.length, updated, removed, unchanged } };
  }

  return {
    async syncChannel(scope: ClientScope, by: AuditActor, channel: ChannelDoc): Promise<SyncResult> {
      const place = { scope, by, channel };
      try {
        return await syncOnce(place);
      } catch (error) {
        // Another sync or a user added one of the templates meanwhile; the second run finds it.
        if (!isDuplicateKey(error)) throw error;
        return syncOnce(place);
      }
    },
  };
}

async function addAll(
  { templates, catalogue, audit, clock }: TemplateSyncDeps,
  { scope, by, channel }: Place,
  added: readonly FreshTemplate[],
): Promise<void> {
  for (let from = 0; from < added.length; from += maxInTransaction) {
    const fresh = added.slice(from, from + maxInTransaction).map((template): TemplateDoc => ({
      ...(template as Omit<TemplateDoc, '_id' | 'clientId' | 'channelId' | 'createdAt' | 'version'>),
      ...{ _id: newId(), ...scope, channelId: channel._id, createdAt: clock.now(), version: 1 },
    }));
    const names = fresh.map(({ name, language }) => `${name} ${language}`);
    await audit.audited(scope, by, async (session) => {
      await templates.insertMany(scope, fresh, session);
      const found = fresh.map((after) => ({ action: 'templates.found', before: null, after }));
      await audit.events.recordMany(scope, session, found.map(templateEventOf));
      const target = { type: 'channel', id: channel._id };
      return {
        result: undefined,
        write: { action: 'templates.found', target, before: null, after: { names } },
      };
    });
    for (const template of fresh) catalogue.forget(template);
  }
}

/** Returns how many templates changed. Leaves templates that someone else changed meanwhile to the next sync. */
async function changeAll(
  { catalogue }: TemplateSyncDeps,
  { scope, by, channel }: Place,
  { action, changes: wanted }: { action: string; changes: SyncPlan['found'] },
): Promise<number> {
  let count = 0;
  for (const { template, changes } of wanted) {
    const isUnchanged = Object.entries(changes).every(
      ([name, value]) =>
        JSON.stringify(template[name as keyof TemplateDoc] ?? null) === JSON.stringify(value),
    );
    if (isUnchanged) continue;
    const change = templateChange(action, ({ version }) => (version === template.version ? changes : null));
    const changed = await catalogue.resource.changeIfExists(scope, by, template._id, change);
    if (changed?.version === template.version + 1) count += 1;
    else await catalogue.wantSync(scope, channel._id, lostRaceMs);
  }
  return count;
}
