import assert from 'node:assert/strict';
import { Context } from '@temporalio/activity';
import protocol from '@temporalio/proto';
import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import type {
  DispatchResult,
  MessageActivities,
  MessageRef,
  Receipt,
  SendMessageInput,
  SendMessageResult,
} from '../../src/sending/messages/contract.ts';
import {
  receiptsSignalName,
  sendMessageType,
  workflowIdOf,
  workflowQueue,
} from '../../src/sending/messages/contract.ts';
import type { DispatchOutcome } from '../../src/sending/messages/lifecycle.ts';
import { newId } from '../../src/platform/ids.ts';
import { waitFor } from './wait.ts';

/** The workflow alone: activities are plain functions that each test supplies for its own message. */
export type Activities = Partial<MessageActivities>;

export interface ActivityCall {
  readonly name: keyof MessageActivities;
  readonly input: MessageRef & Readonly<Record<string, unknown>>;
  readonly isLocal: boolean;
}

/** One message on stage: its run and the activity calls of the run. */
export interface Play {
  readonly messageId: string;
  readonly handle: WorkflowHandle<SendMessage>;
  /** The activity calls so far, in order. */
  readonly calls: readonly ActivityCall[];
  callsOf(name: keyof MessageActivities): readonly ActivityCall[];
  /** One signal with these receipts. */
  signal(...receipts: readonly Receipt[]): Promise<void>;
  /** Resolves once an activity was called that many times. */
  called(name: keyof MessageActivities, times?: number): Promise<void>;
  result(): Promise<SendMessageResult>;
}

type SendMessage = (input: SendMessageInput) => Promise<SendMessageResult>;

export interface Stage {
  /** The activities for the workers: they look up the play by its message. */
  readonly activities: MessageActivities;
  /** Registers activities for a message that is started elsewhere; returns its calls as they arrive. */
  cast(messageId: string, activities?: Activities): readonly ActivityCall[];
  play(activities?: Activities, input?: Partial<SendMessageInput>): Promise<Play>;
}

export const providerMessageId = 'wamid.stage';

export const accepted: DispatchOutcome = { kind: 'accepted', providerMessageId, isHeld: false };

export const dispatched = (outcome: DispatchOutcome, attempt = 1, isRecorded = true): DispatchResult => ({
  kind: 'dispatched',
  outcome,
  attempt,
  isRecorded,
});

export const failure = {
  code: '131026',
  class: 'message',
  title: 'The message cannot be delivered',
  detail: 'Message undeliverable',
  advice: 'Check the number.',
};

export const receipt = (word: string, extra: Partial<Receipt> = {}): Receipt => ({
  word,
  status: ['sent', 'delivered', 'read', 'failed'].includes(word) ? (word as Receipt['status']) : null,
  providerMessageId,
  timestampMs: 1_763_888_400_000,
  ...(word === 'failed' ? { failure } : {}),
  ...extra,
});

const dayMs = 86_400_000;

/** The defaults of a test: the provider accepts, and every write succeeds. */
const usual: MessageActivities = {
  dispatch: async () => dispatched(accepted),
  recordOutcome: async () => undefined,
  applyReceipts: async () => undefined,
  followFailure: async () => undefined,
  expireUnknown: async () => 'expired',
  withdraw: async ({ reason }) => reason,
};

export function createStage(client: Client): Stage {
  const parts = new Map<string, { activities: MessageActivities; calls: ActivityCall[] }>();

  const route =
    <Name extends keyof MessageActivities>(name: Name) =>
    (input: Parameters<MessageActivities[Name]>[0]): ReturnType<MessageActivities[Name]> => {
      const part = parts.get(input.messageId);
      assert.ok(part, 'a run of another test');
      part.calls.push({ name, input: { ...input }, isLocal: Context.current().info.isLocal });
      const activity = part.activities[name] as (given: typeof input) => ReturnType<MessageActivities[Name]>;
      return activity(input);
    };

  function cast(messageId: string, activities: Activities = {}): readonly ActivityCall[] {
    const calls: ActivityCall[] = [];
    parts.set(messageId, { activities: { ...usual, ...activities }, calls });
    return calls;
  }

  return {
    cast,
    activities: {
      dispatch: route('dispatch'),
      recordOutcome: route('recordOutcome'),
      applyReceipts: route('applyReceipts'),
      followFailure: route('followFailure'),
      expireUnknown: route('expireUnknown'),
      withdraw: route('withdraw'),
    },
    async play(activities = {}, input = {}) {
      const messageId = newId().toHexString();
      const calls = cast(messageId, activities);
      const handle = await client.workflow.start<SendMessage>(sendMessageType, {
        workflowId: workflowIdOf(messageId),
        taskQueue: workflowQueue,
        args: [
          {
            v: 1,
            clientId: newId().toHexString(),
            channelId: newId().toHexString(),
            messageId,
            attemptTimeoutMs: 20_000,
            dispatchTtlMs: dayMs,
            receiptDeadlineMs: 3 * dayMs,
            ...input,
          },
        ],
      });
      const callsOf = (name: keyof MessageActivities) => calls.filter((call) => call.name === name);
      return {
        messageId,
        handle,
        calls,
        callsOf,
        signal: (...receipts) => handle.signal(receiptsSignalName, { receipts }),
        async called(name, times = 1) {
          await waitFor(`${name} is called ${times} times`, () => callsOf(name).length >= times, {
            everyMs: 10,
          });
        },
        result: () => handle.result(),
      };
    },
  };
}

/** The failure of the run: operators filter by the innermost cause. */
export async function failureOf(play: Play): Promise<ApplicationFailure> {
  const error = await play.result().then(
    (result) => assert.fail(`it completed with ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof WorkflowFailedError, String(error));
  return error.cause as ApplicationFailure;
}

export const statusOf = async (play: Play): Promise<string> => (await play.handle.describe()).status.name;

/** The types of the history's events in order, named as in the Temporal UI. */
export async function eventsOf(play: Play): Promise<string[]> {
  const { events } = await play.handle.fetchHistory();
  return (events ?? []).map(({ eventType }) => {
    const name = protocol.temporal.api.enums.v1.EventType[eventType ?? 0] ?? '';
    return name.replace('EVENT_TYPE_', '');
  });
}

export async function countEvents(play: Play, type: string): Promise<number> {
  return (await eventsOf(play)).filter((name) => name === type).length;
}

/** Resolves once the history has an event of this type: only then has the server recorded that step. */
export async function waitForEvent(play: Play, type: string): Promise<void> {
  await waitFor(`the history has ${type}`, async () => (await countEvents(play, type)) > 0, { everyMs: 20 });
}

/** The summaries of the run's steps, in order, as the Temporal UI shows them. */
export async function summariesOf({ handle }: Play): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ userMetadata }) => {
    const data = userMetadata?.summary?.data;
    return data ? [String(JSON.parse(Buffer.from(data).toString('utf8')))] : [];
  });
}
