import {
  condition,
  defineSignal,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { BareActivities, BareInput, BareReceipts } from '../processes/bare-contract.ts';

const provider = proxyActivities<Pick<BareActivities, 'dispatch'>>({
  taskQueue: 'bench-provider',
  startToCloseTimeout: '50s',
  scheduleToCloseTimeout: '1 day',
});
const state = proxyLocalActivities<Pick<BareActivities, 'applyReceipts'>>({ startToCloseTimeout: '3s' });

const receiptsArrived = defineSignal<[BareReceipts]>('receiptsArrived');

/**
 * The minimal events of one message: an activity on another queue, one deadline timer, and two signals, each followed
 * by a local activity. The product's workflow is measured against it.
 */
export async function bareLifecycle({ messageId, deadlineMs, receiptsExpected }: BareInput): Promise<void> {
  const inbox: string[] = [];
  setHandler(receiptsArrived, ({ receipts }) => void inbox.push(...receipts));
  await provider.dispatch({ messageId });
  let isOver = false;
  const deadline = sleep(deadlineMs).then(() => {
    isOver = true;
  });
  for (let taken = 0; taken < receiptsExpected && !isOver;) {
    if (inbox.length === 0) await Promise.race([deadline, condition(() => inbox.length > 0)]);
    const receipts = inbox.splice(0);
    taken += receipts.length;
    await state.applyReceipts({ messageId, receipts });
  }
}

/** The minimal workflow. */
export async function noop(): Promise<void> {}
