import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { readyMs, keptMs } from '../../../src/people/imports/lifecycle.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { filled, useImportStage } from '../../support/import-stage.ts';
import { addMember, codeOf, ifMatch, signUpAdmin, type Member } from '../../support/messaging-api.ts';

/** More than a page of the run. */
const rowCount = 420;
const pageSize = 400;

const phone = (n: number): string => `+49151123${String(n).padStart(5, '0')}`;
const fileOf = (count: number, from = 0): string =>
  ['phone,name', ...Array.from({ length: count }, (_, n) => `${phone(from + n)},Person ${from + n}`)].join(
    '\n',
  );

describe('api › states of imports', function () {
  this.timeout(60_000);
  const stage = useImportStage('import-states');
  let admin: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(stage.api());
  });

  const contacts = async () => {
    const { body } = await admin.get('/api/contacts?limit=100');
    const items = body['items'] as { id: string; phoneNumber: string; name: string; tags: string[] }[];
    return items.toSorted((a, b) => a.phoneNumber.localeCompare(b.phoneNumber));
  };

  it('a pause › stops after the page, a resume goes on with the rest', async () => {
    const { id } = await stage.analysed(admin, fileOf(rowCount));
    assert.equal((await stage.post(admin, id, 'start')).status, 200);
    assert.equal(await stage.step(admin, id, { isOver: () => true }), 'apply');
    assert.equal((await stage.post(admin, id, 'pause')).status, 200);
    assert.equal(await stage.step(admin, id), 'idle');
    const paused = await admin.get(`/api/imports/${id}`);
    assert.deepEqual(filled(paused.body['outcomes'] as Record<string, number>), {
      created: pageSize,
      pending: rowCount - pageSize,
    });
    assert.equal((await stage.post(admin, id, 'resume')).status, 200);
    assert.deepEqual(filled((await stage.settle(admin, id)).outcomes), { created: rowCount });
  });

  it('a pause in the middle of a slice › the page under way is the last', async () => {
    const { id } = await stage.analysed(admin, fileOf(3 * rowCount));
    await stage.post(admin, id, 'start');
    const _id = new Types.ObjectId(id);
    const imports = stage.api().collection('imports');
    let pausing: Promise<unknown> | undefined;
    // In one command, because the server of the test shares its event loop with the slice.
    const beat = (): void =>
      void (pausing ??= imports.updateOne({ _id }, { $set: { state: 'paused' }, $inc: { version: 1 } }));
    assert.equal(await stage.step(admin, id, { beat }), 'idle');
    await pausing;
    const created = await stage.rowDocs().countDocuments({ importId: _id, outcome: 'created' });
    assert.ok(created <= 2 * pageSize, `${created} rows`);
  });

  it('a cancel › keeps what is written, and the counts still add up', async () => {
    const { id } = await stage.analysed(admin, fileOf(rowCount));
    await stage.post(admin, id, 'start');
    await stage.step(admin, id, { isOver: () => true });
    const canceling = await stage.post(admin, id, 'cancel');
    assert.equal(canceling.body['state'], 'canceling');
    const done = await stage.settle(admin, id);
    assert.deepEqual(
      [done.state, filled(done.outcomes)],
      ['canceled', { created: pageSize, canceled: rowCount - pageSize }],
    );
    assert.equal(codeOf(await stage.post(admin, id, 'resume')), '409 wrong-state');
  });

  it('two that run › a third waits; a pause gives its place back', async () => {
    const ids: string[] = [];
    for (const from of [0, 10, 20]) ids.push((await stage.analysed(admin, fileOf(2, from))).id);
    const [first = '', second = '', third = ''] = ids;
    for (const id of [first, second]) assert.equal((await stage.post(admin, id, 'start')).status, 200);
    assert.equal(codeOf(await stage.post(admin, third, 'start')), '409 too-many-imports');
    await stage.post(admin, second, 'pause');
    assert.equal((await stage.post(admin, third, 'start')).status, 200);
    assert.equal(codeOf(await stage.post(admin, second, 'resume')), '409 too-many-imports');
    await stage.settle(admin, first);
    assert.equal((await stage.post(admin, second, 'resume')).status, 200);
  });

  it('a start at an old version › 412; by an agent › 403; of another business › 404', async () => {
    const uploaded = await stage.upload(admin, fileOf(1));
    const { id } = uploaded.body;
    const before = await admin.get(`/api/imports/${id}`);
    await stage.settle(admin, id);
    const stale = await admin.post(`/api/imports/${id}/start`, undefined, ifMatch(before));
    assert.equal(codeOf(stale), '412 precondition-failed');
    const agent = await addMember(stage.api(), admin);
    assert.equal((await agent.get(`/api/imports/${id}`)).status, 403);
    const stranger = await signUpAdmin(stage.api());
    assert.equal(codeOf(await stage.post(stranger, id, 'start')), '404 not-found');
    const fresh = await admin.get(`/api/imports/${id}`);
    assert.equal((await admin.post(`/api/imports/${id}/start`, undefined, ifMatch(fresh))).status, 200);
  });

  it('a change of the mapping › a new analysis; rows of the old one do not count', async () => {
    const ready = await stage.analysed(admin, 'a,b\n+4915112345601,Ana\n+4915112345602,Ben');
    assert.deepEqual(
      ready.columns.map(({ target }) => target),
      ['phoneNumber', null],
    );
    assert.ok(ready.questions.includes('column-by-content'));
    const mapping = [
      { column: 0, target: 'phoneNumber' },
      { column: 1, target: 'name' },
    ];
    const changed = await admin.patch(`/api/imports/${ready.id}`, { mapping, options: { tags: ['fair'] } });
    assert.deepEqual([changed.status, changed.body['state']], [200, 'analysing']);
    await stage.settle(admin, ready.id);
    await stage.post(admin, ready.id, 'start');
    const done = await stage.settle(admin, ready.id);
    assert.deepEqual([done.rows, filled(done.outcomes)], [2, { created: 2 }]);
    assert.deepEqual(
      (await contacts()).map(({ name, tags }) => [name, tags]),
      [
        ['Ana', ['fair']],
        ['Ben', ['fair']],
      ],
    );
  });

  it('a contact that changed since the dry run › its row is planned again, and says so', async () => {
    const { id } = await stage.analysed(admin, fileOf(2), { options: { onExisting: 'skip' } });
    assert.equal((await admin.post('/api/contacts', { phoneNumber: phone(1) })).status, 201);
    await stage.post(admin, id, 'start');
    await stage.settle(admin, id);
    const rows = await stage.rowsOf(admin, id);
    assert.deepEqual(
      rows.map(({ plan, outcome, isChangedSince }) => [plan?.kind, outcome, isChangedSince]),
      [
        ['create', 'created', false],
        ['create', 'skipped', true],
      ],
    );
  });

  it('an undo › removes what was created, restores what was updated, keeps what was touched since', async () => {
    const existing = await admin.post('/api/contacts', {
      phoneNumber: phone(9),
      name: 'Before',
      tags: ['old'],
    });
    assert.equal(existing.status, 201);
    const { id } = await stage.imported(admin, `${fileOf(2)}\n${phone(9)},After`, {
      options: { tags: ['new'] },
    });
    const touched = (await contacts()).find(({ phoneNumber }) => phoneNumber === phone(0));
    await admin.patch(`/api/contacts/${String(touched?.id)}`, { name: 'Touched' });
    const tags = (await admin.get('/api/tags')).body['items'] as { id: string; name: string }[];
    assert.deepEqual(
      tags.map(({ name }) => name),
      ['new', 'old'],
    );
    assert.equal((await admin.patch(`/api/tags/${String(tags[1]?.id)}`, { name: 'Older' })).status, 200);
    assert.equal((await stage.post(admin, id, 'undo')).status, 200);
    const undone = await stage.settle(admin, id);
    assert.equal(undone.state, 'undone');
    assert.deepEqual(
      (await contacts()).map(({ phoneNumber, name, tags }) => [phoneNumber, name, tags]),
      [
        [phone(0), 'Touched', ['new']],
        [phone(9), 'Before', ['Older']],
      ],
    );
    const rows = await stage.rowsOf(admin, id);
    assert.deepEqual(
      rows.map(({ undo }) => undo),
      ['kept', 'removed', 'restored'],
    );
    assert.equal(codeOf(await stage.post(admin, id, 'undo')), '409 wrong-state');
  });

  it('time › a proposal ends after seven days; what is kept goes after thirty', async () => {
    const { id } = await stage.analysed(admin, fileOf(3));
    const importId = new Types.ObjectId(id);
    const imports = stage.api().collection('imports');
    const fire = async (): Promise<void> => {
      const handle = stage.core().areas.imports.timerHandlers['import'];
      await handle({
        ...{ scope: scopeOf(admin.clientId), kind: 'import', subjectId: importId },
        ...{ dueAt: new Date(), epoch: 1, attempt: 1, complete: async () => true },
      });
    };
    await fire();
    assert.equal((await stage.docOf(id))?.state, 'ready');
    await imports.updateOne({ _id: importId }, { $set: { readyAt: new Date(Date.now() - readyMs) } });
    // The workflow cannot be woken without Temporal; the state is what counts.
    await fire().catch(() => undefined);
    const expired = await stage.settle(admin, id);
    assert.deepEqual([expired.state, filled(expired.outcomes)], ['canceled', { canceled: 3 }]);
    await imports.updateOne({ _id: importId }, { $set: { endedAt: new Date(Date.now() - keptMs) } });
    await fire();
    assert.equal(await stage.rowDocs().countDocuments({ importId }), 0);
    const cleared = await stage.docOf(id);
    assert.ok(cleared?.clearedAt instanceof Date);
    assert.ok(!JSON.stringify(cleared).includes('Person'), 'the samples of the findings are gone too');
  });

  it('the report › one line for each row, formulas as texts', async () => {
    const { id } = await stage.imported(admin, `phone,name\n${phone(1)},=1+1\nnonsense,Ben`);
    const answer = await admin.get(`/api/imports/${id}/report.csv`);
    assert.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8');
    const [, created, invalid] = answer.text.split('\r\n');
    assert.match(created ?? '', /^"2","created","create","","","","'\+49151123/);
    assert.match(created ?? '', /"'=1\+1"/);
    assert.match(invalid ?? '', /^"3","invalid".*phoneNumber: phone-letters \(nonsense\)/);
  });

  it('a deleted contact › its rows, also those that could not be read, and the samples say nothing of the person', async () => {
    const faulty = `${phone(0)},"Broken\u0007 Person"`;
    const { id } = await stage.imported(admin, `${fileOf(1)}\n${faulty}`);
    const importId = new Types.ObjectId(id);
    const stored = async (): Promise<string> =>
      JSON.stringify([await stage.docOf(id), await stage.rowDocs().find({ importId }).toArray()]);
    assert.match(await stored(), /Broken/);
    const [contact] = await contacts();
    assert.equal((await admin.delete(`/api/contacts/${String(contact?.id)}`)).status, 204);
    const rows = await stage.rowsOf(admin, id);
    assert.deepEqual(
      rows.map(({ outcome, phoneNumber, contactId }) => [outcome, phoneNumber, contactId]),
      [
        ['created', null, null],
        ['invalid', null, null],
      ],
    );
    const text = await stored();
    for (const word of [phone(0).slice(1), 'Person', 'Broken']) assert.ok(!text.includes(word), word);
  });
});
