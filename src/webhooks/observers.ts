import type { Measured } from '../platform/metrics.ts';
import type { webhookInstruments } from './instruments.ts';
import type { Inbox } from './intake.ts';
import type { WebhookRepository } from './repository.ts';

type WebhookMetrics = Measured<typeof webhookInstruments>;

export const observeInbox = (inbox: Inbox, { instruments }: WebhookMetrics): Inbox => ({
  async store(body, channelId) {
    await inbox.store(body, channelId);
    instruments.webhookEventsStored.add({});
  },
});

/** Counts what became of leased events. */
export const observeEvents = (
  events: WebhookRepository,
  { instruments }: WebhookMetrics,
): WebhookRepository => ({
  ...events,
  async settle(token, verdicts, now) {
    const settledCount = await events.settle(token, verdicts, now);
    for (const { verdict } of verdicts) instruments.webhookEventsJudged.add({ verdict: verdict.kind });
    return settledCount;
  },
});

/** Alerts watch these: a counter that begins with its first event looks to Prometheus as if nothing had happened. */
export function startVerdictsAtZero({ instruments }: WebhookMetrics): void {
  for (const verdict of ['done', 'again', 'dead']) instruments.webhookEventsJudged.add({ verdict }, 0);
}
