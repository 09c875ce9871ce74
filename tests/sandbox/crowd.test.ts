import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CrowdProgress } from '../../sandbox/crowd.ts';
import { CROWD_ACTIONS, planCrowd, type CrowdOptions } from '../../sandbox/crowd-plan.ts';
import { control, send, setStage, textTo, until, type Stage } from './helpers.ts';

const mix = { write: 60, answer: 25, file: 10, move: 1, stop: 4 };

describe('the plan of a crowd', () => {
  const weights = fc.record(
    Object.fromEntries(CROWD_ACTIONS.map((action) => [action, fc.nat({ max: 20 })])) as Record<
      (typeof CROWD_ACTIONS)[number],
      fc.Arbitrary<number>
    >,
  );
  const anyOptions: fc.Arbitrary<CrowdOptions> = fc.record({
    contacts: fc.integer({ min: 1, max: 40 }),
    messagesPerContact: fc.integer({ min: 1, max: 8 }),
    seed: fc.integer({ min: 1, max: 1_000 }),
    mix: weights,
  });

  it('every contact › begins with a message, ends with a STOP, moves once at most, and keeps its number between', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const plan = planCrowd(options);
        const numbers = new Map<string, number>();
        for (let contact = 0; contact < options.contacts; contact += 1) {
          const steps = plan.filter((step) => step.contact === contact);
          const actions = steps.map(({ action }) => action);
          assert.equal(actions[0], 'write');
          assert.ok(steps.length <= options.messagesPerContact);
          if (steps.length < options.messagesPerContact) assert.equal(actions.at(-1), 'stop');
          assert.ok(!actions.slice(0, -1).includes('stop'));
          assert.ok(actions.filter((action) => action === 'move').length <= 1);
          steps.forEach(({ newNumber, from }, index) => {
            assert.equal(numbers.get(from) ?? contact, contact, 'a number belongs to one contact');
            numbers.set(from, contact);
            const next = steps[index + 1];
            if (next !== undefined) assert.equal(next.from, newNumber ?? from);
          });
        }
      }),
    );
  });

  it('the same seed › the same steps; another one › others', () => {
    const options = { contacts: 20, messagesPerContact: 5, mix };
    assert.deepEqual(planCrowd({ ...options, seed: 7 }), planCrowd({ ...options, seed: 7 }));
    assert.notDeepEqual(planCrowd({ ...options, seed: 7 }), planCrowd({ ...options, seed: 8 }));
  });
});

describe('sandbox crowds', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage();
  });

  afterEach(() => stage.end());

  type Reply = CrowdProgress & { readonly error?: { readonly field: string } };
  const start = async (body: object) =>
    (await control<Reply>(stage.sandbox, 'POST /crowd', { phoneNumberId: '1000', ...body })).body;
  const progress = async (): Promise<readonly CrowdProgress[]> =>
    (await control<{ crowds: CrowdProgress[] }>(stage.sandbox, 'GET /crowd')).body.crowds;
  const untilDone = () =>
    until('the crowds are done', async () => (await progress()).every(({ state }) => state === 'done'));
  const messages = () => stage.receiver.values().flatMap((value) => value.messages ?? []);

  it('200 contacts › every planned step arrives once, signed, though every third post is refused', async () => {
    stage.receiver.answer = (count) => (count % 3 === 0 ? 503 : 200);
    const { planned } = await start({ contacts: 200, messagesPerContact: 2, perSecond: 1_000, seed: 3 });
    await untilDone();
    const [crowd] = await progress();
    assert.deepEqual([crowd?.delivered, crowd?.open, crowd?.failed], [planned, 0, 0]);
    assert.ok(stage.receiver.posts.every(({ isSigned }) => isSigned));
    const ids = new Set(messages().map((message) => message['id']));
    assert.equal(ids.size, planned);
    assert.equal(new Set(messages().map((message) => message['from'])).size >= 200, true);
  });

  it('every action › has the form of its kind; an answer quotes our last message', async () => {
    const ours = await send(stage.sandbox, textTo('15550000001'));
    await start({
      contacts: 1,
      messagesPerContact: 50,
      perSecond: 1_000,
      seed: 10,
      mix: { ...mix, stop: 0, move: 20 },
    });
    await untilDone();
    const of = (is: (message: Record<string, unknown>) => boolean) => messages().find(is) ?? {};
    const answer = of((message) => message['context'] !== undefined);
    assert.deepEqual((answer['context'] as { id: string }).id, ours.body.messages?.[0]?.id);
    assert.ok(of((message) => message['image'] !== undefined)['id']);
    assert.equal((of(({ type }) => type === 'system')['system'] as { wa_id: string }).wa_id, '15550000051');
    await start({ contacts: 3, messagesPerContact: 9, perSecond: 1_000, mix: { ...mix, stop: 900 } });
    await untilDone();
    assert.ok(of((message) => (message['text'] as { body?: string } | undefined)?.body === 'STOP')['id']);
  });

  it('stopped › begins nothing more', async () => {
    await start({ contacts: 1_000, perSecond: 1 });
    await control(stage.sandbox, 'DELETE /crowd');
    const [crowd] = await progress();
    assert.equal(crowd?.state, 'stopped');
    assert.ok((crowd?.delivered ?? 0) + (crowd?.open ?? 0) <= 2);
  });

  it('a wrong value, or a fifth crowd at once › 400 that names the field', async () => {
    for (const [body, field] of [
      [{ contacts: 0 }, 'contacts'],
      [{ contacts: 10_001 }, 'contacts'],
      [{ perSecond: 0 }, 'perSecond'],
      [{ mix: { dance: 1 } }, 'mix.dance'],
      [{ mix: { write: -1 } }, 'mix.write'],
      [{ phoneNumberId: 'a b' }, 'phoneNumberId'],
      [{ speed: 1 }, 'speed'],
    ] as const)
      assert.equal((await start(body)).error?.field, field);
    for (let count = 0; count < 4; count += 1) assert.ok((await start({ perSecond: 0.1 })).id);
    assert.equal((await start({})).error?.field, 'body');
  });
});
