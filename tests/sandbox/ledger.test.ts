import assert from 'node:assert/strict';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { openJournal } from '../../sandbox/journal.ts';
import {
  control,
  makeDataDir,
  readLedger,
  send,
  setStage,
  templateTo,
  textTo,
  type Item,
  type Stage,
} from './helpers.ts';

describe('sandbox ledger', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage({ behaviour: { receipts: 'none' } });
  });

  afterEach(async () => {
    await stage.end();
  });

  it('calls accepted, refused and lost › one item each, in order of arrival, with the body', async () => {
    const accepted = templateTo('+15551234501', 'a:1');
    const outcomes = [
      await send(stage.sandbox, accepted),
      await send(stage.sandbox, { ...accepted, to: '+15551234508' }),
      await send(stage.sandbox, { messaging_product: 'whatsapp' }),
      await send(stage.sandbox, '{"broken'),
      await send(stage.sandbox, textTo('+15551234501'), { authorization: '' }),
    ];
    await assert.rejects(send(stage.sandbox, templateTo('+15551234505', 'e:1')));
    const { items, nextCursor } = await readLedger(stage.sandbox);
    assert.equal(nextCursor, null);
    assert.deepEqual(Object.keys(items[0] ?? {}), [
      'at',
      'phoneNumberId',
      'to',
      'opaque',
      'wamid',
      'answered',
      'body',
    ]);
    assert.deepEqual(
      items.map((item) => item.answered),
      [
        { status: 200 },
        { status: 404, code: 132001 },
        { status: 400, code: 100 },
        { status: 400, code: 100 },
        { status: 401, code: 104 },
        null,
      ],
    );
    assert.deepEqual(
      items.map((item) => item.wamid !== null),
      [true, false, false, false, false, true],
    );
    assert.equal(items[0]?.wamid, outcomes[0]?.body.messages?.[0]?.id);
    assert.deepEqual(
      [items[0]?.phoneNumberId, items[0]?.to, items[0]?.opaque],
      ['1000200030', '+15551234501', 'a:1'],
    );
    assert.deepEqual(items[0]?.body, accepted);
    assert.equal(items[3]?.body, '{"broken');
    assert(!Number.isNaN(Date.parse(items[0]?.at ?? '')));
  });

  it('pages › followed by cursor, polled on after the end, over a restart › every item once and in order', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `m${index}:1`);
    for (const name of names) await send(stage.sandbox, templateTo('+15551234501', name));
    const seen: Item[] = [];
    let cursor: string | null = '0';
    const sizes: number[] = [];
    while (cursor !== null) {
      const page = await readLedger(stage.sandbox, `?cursor=${cursor}&limit=3`);
      seen.push(...page.items);
      sizes.push(page.items.length);
      cursor = page.nextCursor;
    }
    assert.deepEqual(sizes, [3, 3, 1]);
    assert.deepEqual(
      seen.map((item) => item.opaque),
      names,
    );
    stage = await stage.restart();
    await send(stage.sandbox, templateTo('+15551234501', 'new:1'));
    const { items, nextCursor } = await readLedger(stage.sandbox, `?cursor=${seen.length}`);
    assert.deepEqual([items.map((item) => item.opaque), nextCursor], [['new:1'], null]);
    assert.deepEqual(await readLedger(stage.sandbox, '?cursor=999'), { items: [], nextCursor: null });
  });

  for (const query of ['?cursor=-1', '?cursor=abc', '?limit=0', '?limit=1001', '?limit=1.5']) {
    it(`query ${query} › 400 that names the parameter`, async () => {
      const { status, body } = await control<{ error: { field: string } }>(
        stage.sandbox,
        `GET /ledger${query}`,
      );
      assert.equal(status, 400);
      assert.equal(body.error.field, /\w+/.exec(query)?.[0]);
    });
  }

  it('concurrent calls › every answered wamid is in the file, once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        send(stage.sandbox, templateTo('+15551234501', `c${index}:1`)),
      ),
    );
    const file = await readFile(join(stage.options.dataDir, 'ledger.jsonl'), 'utf8');
    const written = file
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { item: Item }).item.wamid);
    assert.equal(written.length, 200);
    assert.deepEqual(new Set(written), new Set(replies.map((reply) => reply.body.messages?.[0]?.id)));
  });
});

describe('sandbox journal', () => {
  let dataDir: string;
  let path: string;

  beforeEach(async () => {
    dataDir = await makeDataDir();
    path = join(dataDir, 'some.jsonl');
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  async function replayed(): Promise<unknown[]> {
    const records: unknown[] = [];
    const journal = await openJournal({
      path,
      isFsyncOn: () => false,
      onRecord: (record) => records.push(record),
    });
    await journal.close();
    return records;
  }

  it('any records › appended at once › come back in order, and single ones by their place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), async (records) => {
        await writeFile(path, '');
        const journal = await openJournal({ path, isFsyncOn: () => true, onRecord: () => {} });
        const written = records.map((record) => journal.append({ record }));
        await Promise.all(written.map((entry) => entry.durable));
        const last = await journal.read(written.at(-2)?.end ?? 0, written.at(-1)?.end ?? 0);
        if (records.length > 0) assert.equal(last, `${JSON.stringify({ record: records.at(-1) })}\n`);
        await journal.close();
        assert.deepEqual(await replayed(), JSON.parse(JSON.stringify(records.map((record) => ({ record })))));
      }),
      { numRuns: 25 },
    );
  });

  it('lines longer than the reading chunk › come back whole', async () => {
    const records = ['é'.repeat(700_000), 'b', 'c'.repeat(1_200_000)];
    await writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    assert.deepEqual(await replayed(), records);
  });

  it('cut at any byte › the whole lines come back, and appending goes on behind them', async () => {
    const lines = '{"a":1}\n{"b":2}\n{"c":3}\n';
    for (let cut = 0; cut <= lines.length; cut += 1) {
      await writeFile(path, lines.slice(0, cut));
      const whole = lines.slice(0, cut).split('\n').length - 1;
      assert.equal((await replayed()).length, whole);
      await appendFile(path, '{"new":true}\n');
      assert.deepEqual((await replayed()).at(-1), { new: true });
    }
  });

  it('a damaged line in the middle › the start is refused, naming file and place', async () => {
    await writeFile(path, '{"a":1}\nnonsense\n{"c":3}\n');
    await assert.rejects(replayed(), /some\.jsonl is damaged in the line that ends at byte 17/);
  });

  it('flush under constant appending › ends', async () => {
    const journal = await openJournal({ path, isFsyncOn: () => true, onRecord: () => {} });
    let isBusy = true;
    const busy = (async () => {
      while (isBusy) await Promise.all([journal.append(1).durable, journal.append(2).durable]);
    })();
    await journal.flush();
    isBusy = false;
    await busy;
    await journal.close();
  });

  it('closed file › appends are refused, now and later', async () => {
    const journal = await openJournal({ path, isFsyncOn: () => true, onRecord: () => {} });
    await journal.close();
    await assert.rejects(journal.append(1).durable, /cannot be written/);
    await assert.rejects(journal.append(2).durable, /cannot be written/);
  });
});
