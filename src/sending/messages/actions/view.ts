import { maxProviderCalls } from '../../../whatsapp/error-classes.ts';
import { workflowIdOf } from '../contract.ts';
import type { MessageTimeline } from './use-cases.ts';
import type { TimelineView } from './schemas.ts';
import type { BulkRetryOutcome } from './retries.ts';
import type { WaitingFor } from './timeline.ts';

export interface RunLinks {
  readonly uiUrl: string;
  readonly namespace: string;
}

export const toWaitingForView = ({ gate, reason, since, until }: WaitingFor) => ({
  gate,
  reason,
  since: since.toISOString(),
  until: until?.toISOString() ?? null,
});

export function toTimelineView(
  { message, waitingFor, run, entries }: MessageTimeline,
  { uiUrl, namespace }: RunLinks,
): TimelineView {
  const id = message._id.toHexString();
  const workflowId = workflowIdOf(id);
  const pending = run?.pending ?? null;
  return {
    id,
    status: message.status,
    waitingFor: waitingFor === null ? null : toWaitingForView(waitingFor),
    attempts: message.dispatch.attempt,
    mostAttempts: maxProviderCalls,
    entries: entries.map(({ at, kind, text, by, until, code }) => ({
      at: at.toISOString(),
      kind,
      text,
      by: by ?? null,
      until: until?.toISOString() ?? null,
      code: code ?? null,
    })),
    retryOf: message.retryOf?.toHexString() ?? null,
    retriedBy: message.retriedBy?.toHexString() ?? null,
    workflow: {
      id: workflowId,
      url: `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
      status: run?.status ?? null,
      pending:
        pending === null ? null : { ...pending, nextAttemptAt: pending.nextAttemptAt?.toISOString() ?? null },
    },
  };
}

export const toRetryManyView = ({ retried, skipped, nextCursor }: BulkRetryOutcome) => ({
  retried: retried.map(({ id, retryId }) => ({ id: id.toHexString(), retryId: retryId.toHexString() })),
  skipped: skipped.map(({ id, error }) => ({
    id: id.toHexString(),
    code: error.code,
    detail: error.message,
  })),
  nextCursor,
});
