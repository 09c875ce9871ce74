import type { Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { newId } from '../../platform/ids.ts';
import { isDuplicateKey, scopeOf, type ClientScope } from '../../platform/mongo.ts';
import { toPage, type Cursor, type Page } from '../../platform/pagination.ts';
import type { AccountReport } from '../../whatsapp/account-reports.ts';
import type { ChannelDoc } from '../store/repository.ts';
import type { ChannelEventDoc, ChannelEventRepository } from './repository.ts';
import { channelsConcerned, maxEventsOfChannel, maxNotices, noticeMs, timeOfReport } from './rules.ts';

export type { ChannelEventDoc } from './repository.ts';

export interface ChannelEventDeps {
  readonly events: ChannelEventRepository;
  readonly audit: AuditService;
  readonly clock: Clock;
}

export type ChannelEvents = ReturnType<typeof createChannelEvents>;

/** What the provider reports about channels, for people to read. */
export function createChannelEvents({ events, audit, clock }: ChannelEventDeps) {
  /** Stores the event and its audit entry in one transaction; false if it is stored already. */
  async function store(scope: ClientScope, event: ChannelEventDoc): Promise<boolean> {
    try {
      await audit.runInTransaction(async (session) => {
        await events.insert(scope, event, session);
        await audit.record(scope, { type: 'provider' }, auditedWrite(event), session);
      });
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  return {
    /** Stores a report on the channels that it concerns, each once. Idempotent. */
    async record(report: AccountReport, ofAccount: readonly ChannelDoc[]): Promise<void> {
      const now = clock.now();
      for (const { clientId, _id: channelId } of channelsConcerned(report, ofAccount)) {
        const scope = scopeOf(clientId);
        // Repetitions are frequent, and a failed transaction is dear.
        if (await events.has(scope, channelId, report.key)) continue;
        const event = { _id: newId(), ...scope, channelId, ...fieldsOf(report, now) };
        if (await store(scope, event)) await events.trim(scope, channelId, maxEventsOfChannel);
      }
    },

    /** Newest first. */
    async list(
      scope: ClientScope,
      channelId: Types.ObjectId,
      { limit, after }: { limit: number; after: Cursor<Date> | null },
    ): Promise<Page<ChannelEventDoc>> {
      const found = await events.list(scope, channelId, { limit: limit + 1, after });
      return toPage(found, limit, ({ at, _id }) => ({ key: at, id: _id }));
    },

    /** The latest important events of each channel, by the channel's id; none for most channels. */
    async noticesOf(
      scope: ClientScope,
      channels: readonly Pick<ChannelDoc, '_id'>[],
    ): Promise<ReadonlyMap<string, readonly ChannelEventDoc[]>> {
      if (channels.length === 0) return new Map();
      const since = new Date(clock.now().getTime() - noticeMs);
      const ids = channels.map(({ _id }) => _id);
      const found = await events.listNotices(scope, ids, { since, perChannel: maxNotices });
      return new Map(
        ids.map((id) => [id.toHexString(), found.filter(({ channelId }) => channelId.equals(id))]),
      );
    },
  };
}

const fieldsOf = (report: AccountReport, now: Date) => ({
  key: report.key,
  field: report.field,
  ...(report.word === null ? {} : { word: report.word }),
  severity: report.severity,
  ...(report.effectiveAtMs === null ? {} : { effectiveAt: new Date(report.effectiveAtMs) }),
  details: report.details,
  at: timeOfReport(report, now),
  receivedAt: now,
});

const auditedWrite = ({ _id, channelId, field, word, severity, effectiveAt, at }: ChannelEventDoc) => ({
  action: 'channel.event-reported',
  target: { type: 'channel', id: channelId },
  before: null,
  after: {
    eventId: _id.toHexString(),
    field,
    ...(word === undefined ? {} : { word }),
    severity,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
    at,
  },
});
