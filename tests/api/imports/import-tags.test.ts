import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { setKeyOf } from '../../../src/people/contact-sets/rules.ts';
import { filled, useImportStage, type ImportJson } from '../../support/import-stage.ts';
import { signUpAdmin, type Member } from '../../support/messaging-api.ts';

const phone = (place: number): string => `+49151123${String(46_000 + place)}`;

describe('api › tags of imported contacts', function () {
  this.timeout(60_000);
  const stage = useImportStage('import-tags');
  let admin: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(stage.api());
  });

  const tags = async (): Promise<{ id: string; name: string; contactCount: number }[]> =>
    (await admin.get('/api/tags?limit=100')).body['items'] as {
      id: string;
      name: string;
      contactCount: number;
    }[];
  const idOf = async (name: string): Promise<string> =>
    String((await tags()).find((tag) => tag.name === name)?.id);

  async function person(names: readonly string[]): Promise<string> {
    const { status, body } = await admin.post('/api/contacts', { phoneNumber: phone(0), tags: names });
    assert.equal(status, 201);
    return String(body['id']);
  }
  const tagsOf = async (id: string) => (await admin.get(`/api/contacts/${id}`)).body['tags'];

  /** The commands of the worker on tags meanwhile. */
  async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
    const names: string[] = [];
    const note = ({ commandName, command }: mongo.CommandStartedEvent): void => {
      if (command[commandName] === 'tags') names.push(commandName);
    };
    const client = stage.core().mongo.getClient();
    client.on('commandStarted', note);
    try {
      await work();
    } finally {
      client.off('commandStarted', note);
    }
    return names;
  }

  it('names in any case › are the same tags, each made once by few commands, however many rows', async () => {
    const known = await person(['Vip']);
    const [count, kinds] = [300, ['Fair', 'FAIR', 'vip', 'Größe', 'grosse']];
    const lines = Array.from(
      { length: count },
      (_, place) => `${phone(place)},${kinds[place % 5] ?? ''};t${place % 60}`,
    );
    const patch = { options: { tags: ['all', 'VIP', 'All'] } };
    const { id } = await stage.analysed(admin, ['phone,tags', ...lines].join('\n'), patch);
    assert.equal((await stage.post(admin, id, 'start')).status, 200);
    const commands = await commandsOf(async () => {
      const done = await stage.settle(admin, id);
      assert.deepEqual(filled(done.outcomes), { created: count - 1, updated: 1 });
    });
    // Four transactions, of which some are repeated because another one made the tags.
    assert.ok(commands.length < 80, `${commands.length} commands`);
    const all = await tags();
    assert.equal(all.length, 64);
    const counted = all
      .filter(({ name }) => !/^t\d/.test(name))
      .map(({ name, contactCount }) => [name, contactCount]);
    assert.deepEqual(
      counted.map(([name]) => setKeyOf(String(name))),
      ['all', 'fair', 'grosse', 'vip'],
    );
    assert.deepEqual(
      counted.map(([, contacts]) => contacts),
      [300, 120, 120, 300],
    );
    assert.deepEqual(
      (await stage.api().auditOf(await idOf('Vip'))).map(({ action }) => action),
      ['tag.created'],
    );
    assert.deepEqual(((await tagsOf(known)) as string[])[0], 'Vip');
  });

  it('a row that names what the contact has, in another case › changes nothing', async () => {
    const known = await person(['Vip']);
    const done = await stage.imported(admin, `phone,tags\n${phone(0)},VIP`);
    assert.deepEqual([filled(done.outcomes), await tagsOf(known)], [{ unchanged: 1 }, ['Vip']]);
  });

  it('an undo › gives back the tags that there were, under their new names, without deleted ones', async () => {
    const known = await person(['old', 'gone', 'kept']);
    const { id } = await stage.imported(admin, `phone,tags\n${phone(0)},new`);
    assert.deepEqual(await tagsOf(known), ['old', 'gone', 'kept', 'new']);
    const rename = await admin.patch(`/api/tags/${await idOf('old')}`, { name: 'Older' });
    assert.equal(rename.status, 200);
    assert.equal((await admin.delete(`/api/tags/${await idOf('gone')}`)).status, 204);
    assert.equal((await stage.post(admin, id, 'undo')).status, 200);
    await stage.settle(admin, id);
    assert.deepEqual(await tagsOf(known), ['Older', 'kept']);
    const stored = await stage
      .api()
      .collection<mongo.Document>('contacts')
      .findOne({ _id: new Types.ObjectId(known) });
    assert.equal(stored?.['tagIds'].length, 2, 'the deleted tag is not given back');
    assert.deepEqual(
      (await tags()).map(({ name }) => name),
      ['kept', 'new', 'Older'],
    );
  });

  const fill = async (count: number): Promise<void> => {
    const clientId = new Types.ObjectId(admin.clientId);
    const others = Array.from({ length: count }, (_, place) => ({
      ...{ clientId, name: `t${place}`, nameKey: `t${place}`, slot: place + 1 },
      ...{ createdAt: new Date(), version: 1 },
    }));
    await stage.api().collection<mongo.Document>('tags').insertMany(others);
  };

  it('more new tags than there may be › the dry run says so, and the import cannot be started', async () => {
    await person(['vip']);
    await fill(998);
    const lines = [`${phone(1)},one`, `${phone(2)},two;One`, `${phone(3)},VIP`, `1,three`];
    const ready = await stage.analysed(admin, ['phone,tags', ...lines].join('\n'), {
      options: { tags: ['t5'] },
    });
    const { newTags, questions } = (await admin.get(`/api/imports/${ready.id}`))
      .body as unknown as ImportJson;
    assert.deepEqual(newTags, { count: 2, isExact: true, names: ['one', 'two'], room: 1 });
    assert.ok(questions.includes('too-many-new-tags'));
    const { status, text } = await stage.post(admin, ready.id, 'start');
    assert.equal(status, 409);
    assert.match(text, /would make 2 new tags, and there is room for 1/);
    assert.equal((await tags()).length, 100);
  });

  it('a column of something else as tags › counted no further than needed', async () => {
    const lines = Array.from({ length: 5_001 }, (_, place) => `+4915${100_000_000 + place},order ${place}`);
    const { id } = await stage.analysed(admin, ['phone,tags', ...lines].join('\n'));
    const { newTags } = (await admin.get(`/api/imports/${id}`)).body as unknown as ImportJson;
    assert.deepEqual([newTags?.count, newTags?.isExact, newTags?.names.length], [5_000, false, 20]);
    assert.match((await stage.post(admin, id, 'start')).text, /more than 5000 new tags/);
  });

  it('others have made tags since the dry run › rows are refused and named, the others are written', async () => {
    await person(['vip']);
    const { id } = await stage.analysed(
      admin,
      `phone,tags\n${phone(1)},one\n${phone(2)},two\n${phone(3)},VIP`,
    );
    await fill(998);
    assert.equal((await stage.post(admin, id, 'start')).status, 200);
    const done = await stage.settle(admin, id);
    assert.deepEqual(filled(done.outcomes), { created: 2, invalid: 1 });
    const [refused] = await stage.rowsOf(admin, done.id, '&outcome=invalid');
    assert.match(JSON.stringify(refused), /A business has at most 1000 tags/);
  });
});
