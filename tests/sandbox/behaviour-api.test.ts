import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createBehaviourStore } from '../../sandbox/behaviour-store.ts';
import { DEFAULT_BEHAVIOUR } from '../../sandbox/settings.ts';
import {
  control,
  readLedger,
  send,
  setStage,
  templateTo,
  textTo,
  type GraphReply,
  type Stage,
} from './helpers.ts';

const TO = '+15551234501';

type Fields = Record<string, unknown>;

interface ControlError {
  readonly error: { readonly message: string; readonly field: string };
}

describe('sandbox behaviour', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage();
  });

  afterEach(async () => {
    await stage.end();
  });

  const put = (fields: Fields) => control<Fields>(stage.sandbox, 'PUT /behaviour', fields);

  const outcome = ({ status, body }: GraphReply): unknown[] => [status, body.error?.code];

  it('PUT › some fields › only those change; DELETE › all as at the start', async () => {
    const before = (await control<Fields>(stage.sandbox, 'GET /behaviour')).body;
    const changed = await put({ slowMs: 5, receiptDelays: { readMs: 7 }, receipts: 'none' });
    assert.deepEqual(changed.body, {
      ...before,
      slowMs: 5,
      receipts: 'none',
      receiptDelays: { sentMs: 10, deliveredMs: 30, readMs: 7 },
    });
    assert.deepEqual((await control(stage.sandbox, 'GET /behaviour')).body, changed.body);
    assert.deepEqual((await control(stage.sandbox, 'DELETE /behaviour')).body, before);
  });

  it('README › its table › each setting with the default that it has', async () => {
    const readme = await readFile(new URL('../../sandbox/README.md', import.meta.url), 'utf8');
    for (const [name, value] of Object.entries(DEFAULT_BEHAVIOUR)) {
      const row = readme.split('\n').find((line) => new RegExp(`^\\|[^|]*\`${name}\``).test(line));
      assert.ok(row !== undefined, `${name} is not in the table`);
      const told =
        row
          .split('|')[2]
          ?.replaceAll('`', '')
          .replaceAll(/(\w+)(?=:)/g, '"$1"')
          .trim() ?? '';
      const shown =
        typeof value === 'object' ? JSON.stringify(value).replaceAll(/([,:])/g, '$1 ') : String(value);
      assert.ok(told.split(', ').includes(shown) || told === shown, `${name} is ${told}, not ${shown}`);
    }
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [{ speed: 1 }, 'speed'],
    [{ slowMs: -1 }, 'slowMs'],
    [{ slowMs: '5' }, 'slowMs'],
    [{ receipts: 'some' }, 'receipts'],
    [{ receiptDelays: 5 }, 'receiptDelays'],
    [{ receiptDelays: { playedMs: 1 } }, 'receiptDelays.playedMs'],
    [{ receiptDelays: { sentMs: 1e9 } }, 'receiptDelays.sentMs'],
    [{ batchReceipts: 1 }, 'batchReceipts'],
    [{ sendsPerSecond: 0 }, 'sendsPerSecond'],
    [{ expiredTokens: false }, 'expiredTokens'],
    [{ expiredTokens: [1] }, 'expiredTokens[0]'],
    [{ templatePaused: 'a' }, 'templatePaused'],
    [{ dropAnswers: { rate: 2 } }, 'dropAnswers.rate'],
    [{ dropAnswers: { rate: 1, seed: 1.5 } }, 'dropAnswers.seed'],
    [{ nextErrors: {} }, 'nextErrors'],
    [{ nextErrors: [{}] }, 'nextErrors[0].status'],
    [{ nextErrors: [{ status: 200 }] }, 'nextErrors[0].status'],
    [{ nextErrors: [{ status: 500, times: 0 }] }, 'nextErrors[0].times'],
    [{ nextErrors: [{ status: 500, headers: { 'a b': 'c' } }] }, 'nextErrors[0].headers.a b'],
    [{ nextErrors: [{ status: 500, headers: { a: 'b\r\nc: d' } }] }, 'nextErrors[0].headers.a'],
    [{ nextErrors: [{ status: 500, wait: 1 }] }, 'nextErrors[0].wait'],
    [{ nextErrors: [{ subcode: 33 }] }, 'nextErrors[0].status'],
    [{ nextErrors: [{ code: 'a' }] }, 'nextErrors[0].code'],
    [{ nextFailures: [{}] }, 'nextFailures[0].code'],
    [{ nextFailures: [{ code: 131049, sent: 'no' }] }, 'nextFailures[0].sent'],
    [{ nextFailures: [{ code: 131049, status: 400 }] }, 'nextFailures[0].status'],
    [{ limits: 'all' }, 'limits'],
    [{ pairSeconds: 0 }, 'pairSeconds'],
    [{ pairBurst: 0 }, 'pairBurst'],
    [{ senderErrors: { 1: 'a' } }, 'senderErrors.1'],
    [{ health: { 1: 'ILL' } }, 'health.1'],
    [{ recategorise: { sale: 'SALE' } }, 'recategorise.sale'],
    [{ managementCallsPerHour: -1 }, 'managementCallsPerHour'],
    [{ numbers: { 1: { name: 'a' } } }, 'numbers.1.name'],
    [{ fsync: null }, 'fsync'],
    [[], 'body'],
    [undefined, 'body'],
  ];
  for (const [fields, field] of wrong) {
    it(`PUT › ${JSON.stringify(fields) ?? 'nothing'} › 400 that names ${field}, nothing changes`, async () => {
      const before = (await control(stage.sandbox, 'GET /behaviour')).body;
      const { status, body } = await control<ControlError>(stage.sandbox, 'PUT /behaviour', fields);
      assert.deepEqual([status, body.error.field], [400, field]);
      assert.deepEqual((await control(stage.sandbox, 'GET /behaviour')).body, before);
    });
  }

  it('expired tokens › listed or all › 401 with 190 and 463', async () => {
    await put({ expiredTokens: ['old'] });
    const old = await send(stage.sandbox, templateTo(TO), { authorization: 'Bearer old' });
    assert.deepEqual([...outcome(old), old.body.error?.error_subcode], [401, 190, 463]);
    assert.equal((await send(stage.sandbox, templateTo(TO))).status, 200);
    await put({ expiredTokens: true });
    assert.deepEqual(outcome(await send(stage.sandbox, templateTo(TO))), [401, 190]);
  });

  it('paused template › sends of it › 132015; other sends go through', async () => {
    await put({ templatePaused: ['hello_world'] });
    assert.deepEqual(outcome(await send(stage.sandbox, templateTo(TO))), [400, 132015]);
    assert.equal((await send(stage.sandbox, textTo(TO))).status, 200);
  });

  it('sends per second › more than the rate › 429 with 130429, for this number id only', async () => {
    await put({ sendsPerSecond: 0.1 });
    assert.equal((await send(stage.sandbox, templateTo(TO))).status, 200);
    assert.deepEqual(outcome(await send(stage.sandbox, templateTo(TO))), [429, 130429]);
    await put({ sendsPerSecond: null });
    assert.equal((await send(stage.sandbox, templateTo(TO))).status, 200);
  });

  it('sends per second › clock under control › never more in any second', () => {
    const store = createBehaviourStore({ sendsPerSecond: 5 });
    const takenAt = (now: number): number =>
      Array.from({ length: 20 }, () => store.takeSend('1', now)).filter(Boolean).length;
    assert.deepEqual([0, 0, 200, 999, 1_000, 60_000].map(takenAt), [5, 0, 0, 0, 5, 5]);
    assert.equal(store.takeSend('2', 60_000), true);
  });

  it('scripted answers › by suffix and times › given first, in order, then used up', async () => {
    const error = { error: { code: 368, message: 'blocked' } };
    await put({
      nextErrors: [
        { to: '99', status: 403, body: error },
        { status: 503, times: 2, headers: { 'retry-after': '3' } },
        { status: 400, code: 131056 },
      ],
    });
    const first = await send(stage.sandbox, templateTo(TO));
    assert.equal(first.headers.get('retry-after'), '3');
    const others = [
      await send(stage.sandbox, templateTo('+15551234599')),
      await send(stage.sandbox, templateTo(TO)),
      await send(stage.sandbox, templateTo(TO)),
      await send(stage.sandbox, templateTo(TO)),
    ];
    assert.deepEqual([first, ...others].map(outcome), [
      [503, 131000],
      [403, 368],
      [503, 131000],
      [400, 131056],
      [200, undefined],
    ]);
    const { items } = await readLedger(stage.sandbox);
    assert.deepEqual(
      items.slice(0, 2).map((item) => [item.wamid, item.answered]),
      [
        [null, { status: 503, code: 131000 }],
        [null, { status: 403, code: null }],
      ],
    );
  });

  it('scripted text body › answered as it is, without a Graph error', async () => {
    await put({ nextErrors: [{ status: 502, body: 'Bad Gateway' }] });
    const response = await fetch(`${stage.sandbox.url}/v25.0/1/messages`, {
      method: 'POST',
      headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
      body: JSON.stringify(templateTo(TO)),
    });
    assert.deepEqual([response.status, await response.text()], [502, 'Bad Gateway']);
  });

  it('scripted reset › connection cut, nothing accepted', async () => {
    await put({ nextErrors: [{ reset: true }] });
    await assert.rejects(send(stage.sandbox, templateTo(TO)));
    const { items } = await readLedger(stage.sandbox);
    assert.deepEqual(
      items.map((item) => [item.wamid, item.answered]),
      [[null, null]],
    );
  });

  it('dropped answers › the same seed › the same calls are lost, all are accepted', async () => {
    async function lostCalls(): Promise<boolean[]> {
      await put({ dropAnswers: { rate: 0.5, seed: 42 } });
      const lost: boolean[] = [];
      for (let call = 0; call < 12; call += 1) {
        lost.push(
          await send(stage.sandbox, templateTo('+15551234511')).then(
            () => false,
            () => true,
          ),
        );
      }
      return lost;
    }
    const first = await lostCalls();
    assert.deepEqual(await lostCalls(), first);
    assert(first.includes(true) && first.includes(false));
    const { items } = await readLedger(stage.sandbox);
    assert(items.every((item) => item.wamid !== null));
    assert.deepEqual(
      items.map((item) => item.answered === null),
      [...first, ...first],
    );
  });

  it('latency › added to answers of any kind', async () => {
    await put({ latencyMs: 60 });
    for (const to of [TO, '+15551234508']) {
      const startedAt = Date.now();
      await send(stage.sandbox, templateTo(to));
      assert(Date.now() - startedAt >= 55);
    }
  });
});
