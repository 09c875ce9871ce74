import type { AuditActor, AuditService } from '../../audit/service.ts';
import type { ChannelDoc, ChannelDirectory } from '../../channels/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { TemplateGateway } from '../../whatsapp/template-gateway.ts';
import { accountOf, type Failure } from '../provider/provider.ts';
import type { TemplateDoc, TemplateRepository } from '../store/repository.ts';
import { planSync, type FreshTemplate, type SyncPlan } from './rules.ts';
import { templateChange } from '../changes.ts';
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
  /** No longer at the provider: marked as deleted, or drafts again. */
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

/** Written in one transaction; a first sync of a large account has thousands. */
const maxInTransaction = 100;
/** Somebody was faster with a template: it is looked at again soon. */
const lostRaceMs = 5_000;

/** Brings the templates of a channel to what the provider has. Several at once end in the same. */
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
        // Another sync, or a person, has added one of the same templates meanwhile: now it is a known one.
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
      const target = { type: 'channel', id: channel._id };
      return {
        result: undefined,
        write: { action: 'templates.found', target, before: null, after: { names } },
      };
    });
    for (const template of fresh) catalogue.forget(template);
  }
}

/** Answers how many have really changed. What somebody changed since it was read is left for the next time. */
async function changeAll(
  { catalogue }: TemplateSyncDeps,
  { scope, by, channel }: Place,
  { action, changes: wanted }: { action: string; changes: SyncPlan['found'] },
): Promise<number> {
  let count = 0;
  for (const { template, changes } of wanted) {
    const isSo = Object.entries(changes).every(
      ([name, value]) =>
        JSON.stringify(template[name as keyof TemplateDoc] ?? null) === JSON.stringify(value),
    );
    if (isSo) continue;
    const change = templateChange(action, ({ version }) => (version === template.version ? changes : null));
    const changed = await catalogue.resource.changeIfThere(scope, by, template._id, change);
    if (changed?.version === template.version + 1) count += 1;
    else await catalogue.wantSync(scope, channel._id, lostRaceMs);
  }
  return count;
}
