import assert from 'node:assert/strict';
import { filled, useImportStage } from '../../support/import-stage.ts';
import { codeOf, signUpAdmin, type Member } from '../../support/messaging-api.ts';

const file = [
  'Phone;Name;Tags',
  '+4915112345678;Ana Souza;vip',
  '+4915112345679;Ben;"vip, berlin"',
  ';Nobody;',
  '4.9151E+12;Broken;',
  '+4915112345678;Ana again;',
  '',
].join('\r\n');

describe('api › imports', function () {
  this.timeout(60_000);
  const stage = useImportStage('imports');
  let admin: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(stage.api());
  });

  const contacts = async (by = admin) => {
    const { body } = await by.get('/api/contacts?limit=100');
    return body['items'] as { phoneNumber: string; name: string; tags: string[]; optInStatus: string }[];
  };

  it('an upload › is analysed without changing a contact, and is ready with a proposal and counts that add up', async () => {
    const uploaded = await stage.upload(admin, file);
    assert.equal(uploaded.status, 202);
    assert.equal(uploaded.location, `/api/imports/${uploaded.body.id}`);
    assert.equal(uploaded.body.state, 'analysing');
    const ready = await stage.settle(admin, uploaded.body.id);
    assert.deepEqual(
      { state: ready.state, rows: ready.rows, planned: filled(ready.planned), fault: ready.fault },
      { state: 'ready', rows: 5, planned: { create: 1, invalid: 2, duplicate: 2 }, fault: null },
    );
    assert.deepEqual(
      ready.columns.map(({ name, target }) => [name, target]),
      [
        ['Phone', 'phoneNumber'],
        ['Name', 'name'],
        ['Tags', 'tags'],
      ],
    );
    assert.deepEqual([ready.options['delimiter'], ready.options['encoding']], [';', 'utf-8']);
    assert.deepEqual(await contacts(), []);
    const invalid = await stage.rowsOf(admin, ready.id, '&plan=invalid');
    assert.deepEqual(
      invalid.map(({ line, plan, errors }) => [line, plan?.codes, errors.map(({ cell }) => cell)]),
      [
        [4, ['no-identity'], []],
        [5, ['phone-scientific'], ['4.9151E+12']],
      ],
    );
  });

  it('a start › writes the contacts as planned, each with its audit, and counts what the database holds', async () => {
    const done = await stage.imported(admin, file, { options: { onDuplicateInFile: 'first' } });
    assert.deepEqual(
      { state: done.state, outcomes: filled(done.outcomes) },
      { state: 'completed', outcomes: { created: 2, invalid: 2, duplicate: 1 } },
    );
    const stored = (await contacts()).toSorted((a, b) => a.name.localeCompare(b.name));
    assert.deepEqual(
      stored.map(({ phoneNumber, name, tags }) => ({ phoneNumber, name, tags })),
      [
        { phoneNumber: '+4915112345678', name: 'Ana Souza', tags: ['vip'] },
        { phoneNumber: '+4915112345679', name: 'Ben', tags: ['vip', 'berlin'] },
      ],
    );
    const [row] = await stage.rowsOf(admin, done.id, '&outcome=created');
    const audit = await stage.api().auditOf(String(row?.contactId));
    assert.deepEqual(
      audit.map(({ action }) => String(action)),
      ['contact.created'],
    );
    const ofImport = await stage.api().auditOf(done.id);
    assert.deepEqual(
      ofImport.map(({ action }) => String(action)),
      [
        ...['import.created', 'import.uploaded', 'import.changed', 'import.analysed'],
        ...['import.started', 'import.completed'],
      ],
    );
  });

  it('somebody opted out › stays opted out, whatever the file says, also when the contact was deleted', async () => {
    const phones = ['+4915112345681', '+4915112345682'];
    for (const phoneNumber of phones) {
      const created = await admin.post('/api/contacts', { phoneNumber });
      const path = `/api/contacts/${String(created.body['id'])}`;
      const optOut = { optInStatus: 'opted-out', consent: { source: 'letter' } };
      assert.equal((await admin.patch(path, optOut)).status, 200);
      if (phoneNumber === phones[1]) assert.equal((await admin.delete(path)).status, 204);
    }
    const options = { consent: { status: 'opted-in', source: 'fair' } };
    const done = await stage.imported(admin, `phone,name\n${phones.map((each) => `${each},X`).join('\n')}`, {
      options,
    });
    const rows = await stage.rowsOf(admin, done.id);
    assert.deepEqual(
      rows.map(({ outcome, result, plan }) => [outcome, result?.notices, plan?.notices]),
      [
        ['updated', ['consent-kept'], ['consent-kept']],
        ['created', ['consent-kept'], ['consent-kept']],
      ],
    );
    assert.deepEqual(
      (await contacts()).map(({ optInStatus }) => optInStatus),
      ['opted-out', 'opted-out'],
    );
  });

  it('opted-in › needs a source, and is stored with it', async () => {
    const text = 'phone,opt in\n+4915112345683,yes';
    const refused = await stage.analysed(admin, text);
    assert.deepEqual(filled(refused.planned), { invalid: 1 });
    assert.ok(refused.questions.includes('consent-missing'));
    const done = await stage.imported(admin, text, { options: { consent: { source: 'shop' } } });
    assert.deepEqual(filled(done.outcomes), { created: 1 });
    assert.deepEqual(
      (await contacts()).map(({ optInStatus }) => optInStatus),
      ['opted-in'],
    );
  });

  it('the same file again › 409 with the earlier import, unless forced', async () => {
    const text = 'phone\n+4915112345684';
    const first = await stage.imported(admin, text);
    const second = await stage.analysed(admin, text);
    assert.deepEqual(filled(second.planned), { unchanged: 1 });
    const refused = await stage.post(admin, second.id, 'start');
    assert.deepEqual([codeOf(refused), refused.body['existingId']], ['409 already-exists', first.id]);
    assert.equal((await stage.post(admin, second.id, 'start?force=true')).status, 200);
    assert.deepEqual(filled((await stage.settle(admin, second.id)).outcomes), { unchanged: 1 });
  });

  it('files that are no tables › end as failed with their reason', async () => {
    const cases = [
      ['phone,name\n', 'no-rows'],
      ['phone,name\n"+4915112345685,x\n', 'unclosed-quote'],
      ['%PDF-1.7\n', 'no-table'],
    ] as const;
    for (const [text, code] of cases) {
      const { state, fault } = await stage.analysed(admin, text);
      assert.deepEqual([state, fault?.code], ['failed', code]);
    }
    const empty = await stage.upload(admin, '');
    assert.deepEqual([empty.status, empty.body.code], [400, 'invalid-input']);
  });
});
