import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { writeSheet, writeWorkbook, readFixture } from '../../support/import-files.ts';
import { filled, useImportStage } from '../../support/import-stage.ts';
import { signUpAdmin, type Member } from '../../support/messaging-api.ts';

/** What the plan of a row becomes when nothing changes meanwhile. */
const outcomeOf: Readonly<Record<string, string>> = {
  ...{ create: 'created', update: 'updated', unchanged: 'unchanged', skip: 'skipped' },
  ...{ invalid: 'invalid', duplicate: 'duplicate', ambiguous: 'ambiguous' },
};

class Crash extends Error {}

const phone = (n: number): string => `+49151124${String(n).padStart(5, '0')}`;

/** More than a batch of the analysis, and several pages of the run. */
const rowCount = 520;

/** Rows of all kinds, over several batches of the analysis and pages of the run. */
const mixed = [
  'phone;name;notes',
  ...Array.from({ length: rowCount }, (_, n) => {
    if (n % 97 === 0) return `${phone(1)};Again ${n};`;
    if (n % 50 === 0) return `4.9E+11;Broken ${n};`;
    return `${phone(n)};Person ${n};"two\nlines"`;
  }),
].join('\n');

describe('api › imports that are interrupted', function () {
  this.timeout(180_000);
  const stage = useImportStage('import-crashes');
  let admin: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(stage.api());
  });

  /** Runs slices that crash after so many signs of life each, until the import comes to an end. */
  async function settleThrough(id: string, lives: readonly number[]): Promise<void> {
    for (let count = 0; ; count += 1) {
      assert.ok(count < 500);
      let left = lives[count % lives.length] ?? 1;
      const beat = (): void => {
        left -= 1;
        if (left < 0) throw new Crash();
      };
      try {
        if ((await stage.step(admin, id, { beat, isOver: () => count % 3 === 0 })) === 'idle') return;
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
        // Without progress it would crash at the same place for ever.
        if (left < 0 && lives.every((life) => life === 0)) throw error;
      }
    }
  }

  it('crashes anywhere, and two workers at once › the outcomes are those of the dry run, each contact once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 5 }),
        async (lives) => {
          admin = await signUpAdmin(stage.api());
          const { body } = await stage.upload(admin, mixed);
          const { id } = body;
          await Promise.all([settleThrough(id, lives), settleThrough(id, lives)]);
          const ready = (await admin.get(`/api/imports/${id}`)).body;
          assert.deepEqual([ready['state'], ready['rows']], ['ready', rowCount]);
          assert.equal((await stage.post(admin, id, 'start')).status, 200);
          await Promise.all([settleThrough(id, lives), settleThrough(id, lives)]);
          const importId = new Types.ObjectId(id);
          const rows = await stage.rowDocs().find({ importId }).toArray();
          assert.equal(rows.length, rowCount);
          for (const { n, plan, outcome } of rows)
            assert.equal(outcome, outcomeOf[plan?.kind ?? ''], `row ${n}`);
          const done = (await admin.get(`/api/imports/${id}`)).body;
          const outcomes = filled(done['outcomes'] as Record<string, number>);
          assert.equal(
            Object.values(outcomes).reduce((sum, count) => sum + count, 0),
            rowCount,
          );
          const { clientId } = admin;
          const stored = await stage.api().collection('contacts').find({ clientId }).toArray();
          assert.equal(stored.length, outcomes['created']);
          assert.ok(stored.every(({ version, origin }) => version === 1 && importId.equals(origin.importId)));
        },
      ),
      { numRuns: 2 },
    );
  });

  it('a file in UTF-16, and a workbook › are read in slices like others', async () => {
    const text = ['phone\tname', ...Array.from({ length: 1_200 }, (_, n) => `${phone(n)}\tZoë ${n}`)].join(
      '\r\n',
    );
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    const { body } = await stage.upload(admin, utf16);
    await settleThrough(body.id, [1]);
    const ready = (await admin.get(`/api/imports/${body.id}`)).body;
    assert.deepEqual(
      [ready['state'], filled(ready['planned'] as Record<string, number>)],
      ['ready', { create: 1_200 }],
    );
    const sheet = [['phone', 'name'], [phone(5_000), 'A "quoted", name'], [], ['nonsense', 'x'.repeat(300)]];
    const workbook = await stage.imported(admin, writeWorkbook(writeSheet(sheet)));
    assert.deepEqual(filled(workbook.outcomes), { created: 1, invalid: 1 });
    const rows = await stage.rowsOf(admin, workbook.id);
    assert.deepEqual(
      rows.map(({ line, outcome }) => [line, outcome]),
      [
        [2, 'created'],
        [4, 'invalid'],
      ],
    );
    const old = await stage.analysed(admin, await readFixture('old-workbook.xls'));
    assert.deepEqual([old.state, old.fault?.code], ['failed', 'old-workbook']);
  });
});
