import assert from 'node:assert/strict';
import type { SenderType } from '../../src/sending/messages/store/model.ts';
import { runDispatch, setDispatchStage, type DispatchStage } from '../support/dispatch-stage.ts';

const accepted = '+15550001101';
const refused = '+15550001108';

describe('dispatch › the deadline for an answer', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  /** The clock, and whether the conversation still says that the contact waits. */
  async function stateAfter(to: string, senderType: SenderType, messageType = 'template'): Promise<string> {
    const given = await stage.sendable(to, { senderType, messageType });
    const readClock = await stage.awaitAnswer(given);
    await runDispatch(stage.deps, given);
    const { conversationId: _id } = given.message;
    const conversation = await stage
      .collection<{ readonly waitingSince?: Date }>('conversations')
      .findOne({ _id });
    const { state } = await readClock();
    assert.equal(conversation?.waitingSince === undefined, state === 'met', 'both tell the same');
    return state;
  }

  it('a person answers, and it is sent › met', async () => {
    assert.equal(await stateAfter(accepted, 'agent'), 'met');
  });

  for (const senderType of ['bot', 'ai', 'campaign', 'system'] as const) {
    it(`a message by ${senderType} is sent › goes on`, async () => {
      assert.equal(await stateAfter(accepted, senderType), 'running');
    });
  }

  it('a person only reacts › goes on', async () => {
    assert.equal(await stateAfter(accepted, 'agent', 'reaction'), 'running');
  });

  it('a person answers, and the provider refuses it › goes on', async () => {
    assert.equal(await stateAfter(refused, 'agent'), 'running');
  });
});
