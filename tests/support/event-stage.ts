import assert from 'node:assert/strict';
import { useApi, type TestApi } from './api.ts';
import { appSecret, postEvent } from './consent.ts';
import { phoneEndingIn, type CrmUser } from './crm-client.ts';
import { startTestProcessor, type TestProcessor } from './processor.ts';
import { useRunning } from './use-running.ts';

interface EventStage {
  readonly api: () => TestApi;
  readonly processor: () => TestProcessor;
  /** A new business, and the number of a contact that it does not know. */
  someone(): Promise<{ user: CrmUser; phone: string }>;
  /** Takes in signed webhook events, one after the other, then processes them. */
  hear(...bodies: readonly object[]): Promise<void>;
}

/**
 * The API and the processor of events, for the tests of what WhatsApp reports. Each test begins without stored events; a
 * query that crosses clients fails it.
 */
export function useEventStage(name: string): EventStage {
  const api = useApi(name, { env: { WHATSAPP_APP_SECRETS: appSecret } });
  const processor = useRunning(() => startTestProcessor(api()), {
    check: ({ probe }) => assert.deepEqual(probe.takeViolations(), []),
  });
  return {
    api,
    processor,
    async someone() {
      await api().collection('webhook_events').deleteMany({});
      return { user: await api().signUp(), phone: phoneEndingIn('01') };
    },
    async hear(...bodies) {
      for (const body of bodies) await postEvent(api(), body);
      await processor().drain();
    },
  };
}
