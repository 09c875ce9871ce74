import {
  cancelUpdateName,
  gateOpenedSignalName,
  rescheduleUpdateName,
  type DispatchResult,
  type Reschedule,
} from '../../src/sending/messages/contract.ts';
import { ended, type Scenario } from './send-message-play.ts';
import {
  accepted,
  dispatched,
  receipt,
  waitForEvent,
  type Activities,
  type Play,
} from './send-message-stage.ts';

const hourMs = 3_600_000;

const heldReasons = {
  channel: 'channel paused: There is a payment problem, 131042',
  'quiet-hours': 'quiet hours',
  schedule: 'scheduled for another time',
} as const;

export const held = (gate: 'channel' | 'quiet-hours' | 'schedule', untilMs?: number): DispatchResult => ({
  kind: 'held',
  gate,
  reason: heldReasons[gate],
  attempt: 0,
  ...(untilMs === undefined ? {} : { untilMs }),
});

/** Held this many times, then accepted. */
export function heldTimes(times: number, hold: () => DispatchResult | Promise<DispatchResult>): Activities {
  let tries = 0;
  return {
    dispatch: async () => {
      tries += 1;
      return tries <= times ? hold() : dispatched(accepted);
    },
  };
}

export const openGate = (play: Play): Promise<void> => play.handle.signal(gateOpenedSignalName);
export const cancelByUpdate = (play: Play): Promise<void> => play.handle.executeUpdate(cancelUpdateName);
export const rescheduleTo = (play: Play, sendAtMs: number): Promise<void> =>
  play.handle.executeUpdate<void, [Reschedule]>(rescheduleUpdateName, { args: [{ sendAtMs }] });

const unknown = { kind: 'unknown', reason: 'ECONNRESET' } as const;

/** The paths through the workflow on which the message waits for a gate or is rescheduled. */
export const waitingScenarios: Readonly<Record<string, Scenario>> = {
  'held-then-let-go': async (stage) => {
    const play = await stage.play(heldTimes(1, () => held('channel')));
    await waitForEvent(play, 'TIMER_STARTED');
    await openGate(play);
    await play.called('dispatch', 2);
    await play.signal(receipt('read'));
    return ended(play);
  },
  'held-until-a-time': async (stage) => {
    const play = await stage.play(heldTimes(1, () => held('quiet-hours', Date.now() + 200)));
    await play.called('dispatch', 2);
    await play.signal(receipt('read'));
    return ended(play);
  },
  'held-until-it-expired': async (stage) =>
    ended(await stage.play({ dispatch: async () => held('channel') }, { dispatchTtlMs: 1_200 })),
  'canceled-by-update-while-held': async (stage) => {
    const play = await stage.play({ dispatch: async () => held('channel') });
    await waitForEvent(play, 'TIMER_STARTED');
    await cancelByUpdate(play);
    return ended(play);
  },
  'canceled-by-update-before-its-time': async (stage) => {
    const play = await stage.play({}, { sendAtMs: Date.now() + hourMs });
    await waitForEvent(play, 'TIMER_STARTED');
    await cancelByUpdate(play);
    return ended(play);
  },
  'moved-to-an-earlier-time': async (stage) => {
    const play = await stage.play({}, { sendAtMs: Date.now() + hourMs });
    await waitForEvent(play, 'TIMER_STARTED');
    await rescheduleTo(play, Date.now() + 100);
    await play.called('dispatch');
    await play.signal(receipt('read'));
    return ended(play);
  },
  'moved-while-held': async (stage) => {
    const play = await stage.play(
      heldTimes(1, () => held('channel')),
      { sendAtMs: Date.now() + 50 },
    );
    await play.called('dispatch');
    await waitForEvent(play, 'ACTIVITY_TASK_COMPLETED');
    await rescheduleTo(play, Date.now() + 300);
    await play.called('dispatch', 2);
    await play.signal(receipt('read'));
    return ended(play);
  },
  'moved-while-held-untold': async (stage) => {
    const play = await stage.play(
      heldTimes(1, () => held('schedule', Date.now() + 300)),
      { sendAtMs: Date.now() + 50 },
    );
    await play.called('dispatch', 2);
    await play.signal(receipt('read'));
    return ended(play);
  },
  'unknown-until-it-expired': async (stage) =>
    ended(await stage.play({ dispatch: async () => dispatched(unknown) }, { unknownDeadlineMs: 200 })),
};
