import type { Client } from '@temporalio/client';
import protocol from '@temporalio/proto';
import { runPool } from './pool.ts';

const { EventType } = protocol.temporal.api.enums.v1;

/** Counts of event types in the histories of these workflows, added up. */
export async function countEvents(
  client: Client,
  workflowIds: readonly string[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  await runPool(workflowIds.length, 10, async (index) => {
    const { events } = await client.workflow.getHandle(workflowIds[index] ?? '').fetchHistory();
    for (const { eventType } of events ?? []) {
      const name = nameOf(eventType ?? 0);
      counts[name] = (counts[name] ?? 0) + 1;
    }
  });
  return counts;
}

/** `EVENT_TYPE_WORKFLOW_TASK_COMPLETED` as `workflow task completed`. */
const nameOf = (type: number): string =>
  (EventType[type] ?? String(type)).replace('EVENT_TYPE_', '').replaceAll('_', ' ').toLowerCase();
