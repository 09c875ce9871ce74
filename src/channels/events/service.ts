import type { Types } from 'mongoose';
import type { AuditService } from '../../audit/service.ts';
import type { Clock } from '../../platform/clock.ts';
import { groupedBy } from '../../platform/grouped.ts';
import { newId } from '../../platform/ids.ts';
import { retryOnDuplicateKey, scopeOf, type ClientScope } from '../../platform/mongo.ts';
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

/** A report, with the channels of the number or account that it is about. */
export interface Reported {
  readonly report: AccountReport;
  readonly ofAccount: readonly ChannelDoc[];
}

export type ChannelEvents = ReturnType<typeof createChannelEvents>;

/** What the provider reports about channels, for people to read. */
export function createChannelEvents({ events, audit, clock }: ChannelEventDeps) {
  /** Stores what is new of these events of a channel, with its audit, in one transaction. Returns how much that is. */
  async function storeNew(
    scope: ClientScope,
    channelId: Types.ObjectId,
    reports: readonly AccountReport[],
  ): Promise<number> {
    const now = clock.now();
    const ofKey = new Map(reports.map((report) => [report.key, report]));
    return retryOnDuplicateKey(async () => {
      // Repetitions are frequent, and a failed transaction is dear.
      const known = await events.keysAmong(scope, channelId, [...ofKey.keys()]);
      const fresh = [...ofKey.values()]
        .filter(({ key }) => !known.has(key))
        .map((report) => ({ _id: newId(), ...scope, channelId, ...fieldsOf(report, now) }));
      if (fresh.length === 0) return 0;
      await audit.runInTransaction(async (session) => {
        await events.insertMany(scope, fresh, session);
        await audit.recordAll(scope, { type: 'provider' }, fresh.map(auditedWrite), session);
      });
      return fresh.length;
    });
  }

  return {
    /** Stores reports on the channels that they concern, each once. Idempotent. */
    async record(reported: readonly Reported[]): Promise<void> {
      const concerned = reported.flatMap(({ report, ofAccount }) =>
        channelsConcerned(report, ofAccount).map(({ clientId, _id }) => ({ report, clientId, _id })),
      );
      for (const [, entries] of groupedBy(concerned, ({ _id }) => _id.toHexString())) {
        const [{ clientId, _id: channelId }] = entries;
        const scope = scopeOf(clientId);
        const reports = entries.map(({ report }) => report);
        const count = await storeNew(scope, channelId, reports);
        if (count > 0) await events.trim(scope, channelId, maxEventsOfChannel);
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
