/** Webhooks about an account, a number or a template: signed as usual, with the time as an integer. */
import { createBackoff, type RetryOptions } from './backoff.ts';
import { envelope } from './payloads.ts';
import { encodeLikeMeta } from './signature.ts';
import type { AccountEvent } from './templates/events.ts';
import type { Webhook, WebhookAnswer } from './webhook.ts';

export interface AccountEvents {
  /** Sends the event once; `time` in Unix seconds, now by default. */
  send(event: AccountEvent, time?: number): Promise<WebhookAnswer>;
  /** Sends the event in the background until it is answered with 200. Dropped when the sandbox stops. */
  enqueue(event: AccountEvent): void;
  close(): void;
}

const encode = ({ wabaId, field, value }: AccountEvent, time: number): Buffer =>
  encodeLikeMeta(envelope([{ id: wabaId, time, changes: [{ value, field }] }]));

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export function createAccountEvents(webhook: Webhook, retry: RetryOptions): AccountEvents {
  const backoff = createBackoff(retry, () => {});
  let isClosed = false;

  async function attempt(bytes: Buffer, attempts: number, giveUpAt: number): Promise<void> {
    const { status } = await webhook.post(bytes);
    if (status === 200 || isClosed || Date.now() > giveUpAt) return;
    backoff.later(attempts, () => void attempt(bytes, attempts + 1, giveUpAt));
  }

  return {
    send: (event, time = nowSeconds()) => webhook.post(encode(event, time)),
    enqueue(event) {
      void attempt(encode(event, nowSeconds()), 1, Date.now() + retry.giveUpAfterMs);
    },
    close() {
      isClosed = true;
      backoff.stop();
    },
  };
}
