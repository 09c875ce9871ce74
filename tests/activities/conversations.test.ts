import assert from 'node:assert/strict';
import {
  runActivity,
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';

const hourMs = 3_600_000;

describe('conversation of a message that leaves', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  const ago = (ms: number) => new Date(Date.now() - ms);
  const old = ago(24 * hourMs);

  /** A message in a conversation whose latest message is a day old. */
  async function sendable(
    changes: Parameters<DispatchStage['sendable']>[1],
    to = '+15550001101',
  ): Promise<Sendable> {
    const given = await stage.sendable(to, changes);
    const _id = given.message.conversationId;
    await stage.collection('conversations').updateOne({ _id }, { $set: { lastMessageAt: old } });
    return given;
  }
  async function hasMoved({ message }: Sendable): Promise<boolean> {
    const found = await stage.collection('conversations').findOne({ _id: message.conversationId });
    return found?.['lastMessageAt'] > old;
  }
  async function dispatched(
    changes: Parameters<DispatchStage['sendable']>[1],
    to?: string,
  ): Promise<boolean> {
    const given = await sendable(changes, to);
    assert.equal((await runDispatch(stage.deps, given)).kind, 'dispatched');
    return hasMoved(given);
  }
  const scheduled = { status: 'scheduled', timestamp: ago(hourMs), sendAt: ago(1_000) } as const;

  it('scheduled › moves to the top when the message leaves', async () => {
    assert.equal(await dispatched(scheduled), true);
  });

  it('scheduled a few seconds ahead › moves too', async () => {
    assert.equal(await dispatched({ ...scheduled, timestamp: ago(5_000), sendAt: ago(1_000) }), true);
  });

  it('held for an hour › moves to the top when the message leaves', async () => {
    assert.equal(await dispatched({ timestamp: ago(hourMs) }), true);
  });

  it('sent at once › stays where its acceptance has put it', async () => {
    assert.equal(await dispatched({ timestamp: ago(100) }), false);
  });

  it('scheduled, and refused by the provider › does not move', async () => {
    assert.equal(await dispatched(scheduled, '+15550001108'), false);
  });

  it('scheduled, and its outcome is stored by the workflow › moves to the top', async () => {
    const given = await sendable(scheduled);
    const outcome = { kind: 'accepted', providerMessageId: 'wamid.by-workflow', isHeld: false } as const;
    await runActivity(stage.deps, 'recordOutcome', { ...given.input, outcome, attempt: 1 });
    assert.equal(await hasMoved(given), true);
  });
});
