import assert from 'node:assert/strict';
import { refuse } from '../../sandbox/graph-errors.ts';
import { control, send, setStage, templateTo, until, words, type Stage } from './helpers.ts';

const TO = '+15551234501';

/** HTTP status and the codes that come with it, as Meta's page lists them. */
const CODES: Readonly<Record<number, readonly number[]>> = {
  400: [
    1, 4, 17, 33, 100, 613, 80007, 130403, 130429, 130472, 131008, 131009, 131021, 131026, 131030, 131037,
    131042, 131044, 131047, 131048, 131049, 131050, 131051, 131052, 131053, 131055, 131056, 131059, 131062,
    131063, 131064, 132000, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069, 133005,
    133006, 133008, 133009, 133010, 133015, 133016, 134011, 134100, 134101, 135000, 137000, 138000, 139000,
    147000, 200005, 200006, 200007, 2388019, 2388039, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299,
    2593107, 2593108, 470, 472,
  ],
  401: [0, 104, 190],
  403: [10, 200, 299, 368, 130497, 131005, 131031],
  404: [132001],
  500: [3, 131000, 131016, 131045, 131057, 133000, 134102, 2494100],
  503: [2, 133004],
};

interface Fault {
  readonly error: Readonly<Record<string, unknown>> & { readonly error_data: { readonly details: string } };
}

describe('sandbox errors', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage({ behaviour: { fsync: false } });
  });

  afterEach(() => control(stage.sandbox, 'DELETE /behaviour'));

  after(() => stage.end());

  for (const [status, codes] of Object.entries(CODES)) {
    it(`nextErrors › only the code, of ${codes.length} that come with ${status} › that status and Meta's shape`, async () => {
      await control(stage.sandbox, 'PUT /behaviour', { nextErrors: codes.map((code) => ({ code })) });
      for (const code of codes) {
        const reply = await send(stage.sandbox, templateTo(TO));
        const { error } = reply.body as unknown as Fault;
        assert.deepEqual([reply.status, error['code']], [Number(status), code]);
        assert.equal(error['type'], 'OAuthException');
        assert.ok(String(error['message']).startsWith(`(#${code}) `));
        assert.ok(error.error_data.details.length > 3);
        assert.match(String(error['fbtrace_id']), /^A[\w-]{11}$/);
      }
      assert.equal((await send(stage.sandbox, templateTo(TO))).status, 200);
    });
  }

  for (const [code, subcode, words_] of [
    [100, 33, 'missing permissions'],
    [190, 463, 'expired'],
    [190, 467, 'invalidated'],
  ] as const) {
    it(`nextErrors › ${code} with subcode ${subcode} › told, with its details`, async () => {
      await control(stage.sandbox, 'PUT /behaviour', { nextErrors: [{ code, subcode }] });
      const { body } = await send(stage.sandbox, templateTo(TO));
      assert.deepEqual([body.error?.code, body.error?.error_subcode], [code, subcode]);
      assert.match(`${body.error?.message} ${body.error?.error_data.details}`, new RegExp(words_));
    });
  }

  it('nextErrors › own details and status › as given', async () => {
    await control(stage.sandbox, 'PUT /behaviour', {
      nextErrors: [{ code: 131053, status: 500, details: 'our host answered 503' }],
    });
    const reply = await send(stage.sandbox, templateTo(TO));
    assert.deepEqual([reply.status, reply.body.error?.error_data.details], [500, 'our host answered 503']);
  });

  it('error › passing or lasting › is_transient only for the former', () => {
    const transient = [2, 131016, 131026].map((code) => (refuse(code).body as Fault).error['is_transient']);
    assert.deepEqual(transient, [true, true, undefined]);
  });

  it('error › code that nobody knows › 400 with its code', () => {
    const { status, code } = refuse(999_999);
    assert.deepEqual([status, code], [400, 999_999]);
  });

  it('nextFailures › with and without sent, own details, by number › accepted, then failed in the webhook', async () => {
    await control(stage.sandbox, 'PUT /behaviour', {
      receipts: 'none',
      nextFailures: [
        { to: '77', code: 131050, times: 2 },
        { code: 131053, sent: true, details: 'the link answered 404' },
      ],
    });
    const ids: string[] = [];
    for (const to of ['+15551234577', TO, '+15551234577', TO]) {
      const reply = await send(stage.sandbox, templateTo(to));
      assert.equal(reply.status, 200);
      ids.push(reply.body.messages?.[0]?.id ?? '');
    }
    // Receipts of earlier sends may still arrive.
    const told = () => stage.receiver.statuses().filter((status) => ids.includes(status.id));
    await until('all failures', () => told().length === 4);
    const of = (index: number) => told().filter((status) => status.id === ids[index]);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => words(of(index))),
      [['failed'], ['sent', 'failed'], ['failed'], []],
    );
    assert.equal(of(0)[0]?.errors?.[0]?.code, 131050);
    const [error] = (of(1)[1]?.errors ?? []) as readonly { error_data?: { details: string } }[];
    assert.equal(error?.error_data?.details, 'the link answered 404');
    const { nextFailures } = (await control<{ nextFailures: unknown[] }>(stage.sandbox, 'GET /behaviour'))
      .body;
    assert.deepEqual(nextFailures, []);
  });

  it('senderErrors › a number that cannot pay › each send refused until it is cleared, others not', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { senderErrors: { 1000200030: 131042 } });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const reply = await send(stage.sandbox, templateTo(TO));
      assert.deepEqual([reply.status, reply.body.error?.code], [400, 131042]);
    }
    await control(stage.sandbox, 'PUT /behaviour', { senderErrors: {} });
    assert.equal((await send(stage.sandbox, templateTo(TO))).status, 200);
  });

  it('templateHeld › a send of it › held_for_quality_assessment', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { templateHeld: ['hello_world'] });
    const { body } = await send(stage.sandbox, templateTo(TO));
    assert.equal(body.messages?.[0]?.message_status, 'held_for_quality_assessment');
  });
});
