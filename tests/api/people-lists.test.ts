import assert from 'node:assert/strict';
import { Types, type mongo } from 'mongoose';
import { contactTokens } from '../../src/people/contacts/search.ts';
import { nameKeyOf } from '../../src/platform/name-key.ts';
import { issuePaths } from '../support/http.ts';
import { addMember, codeOf, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

/** A multiple of nothing below, so that last pages are not full. */
const count = 257;
const limit = 40;

const stages = ['new', 'contacted', 'qualified', 'won', 'lost'] as const;
const statuses = ['unknown', 'opted-in', 'opted-out'] as const;
const names = ['Ana', 'Ángel', 'ana maria', 'Bob', 'Zoë', undefined] as const;
const usernames = ['Ana.Souza', undefined, 'ANA_2', 'bob', undefined] as const;

const of = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;

interface Listed {
  readonly id: string;
  readonly [field: string]: unknown;
}

describe('lists of contacts and leads', () => {
  const running = useMessagingApi('people_lists');
  let admin: Member;
  let agent: Member;
  let stranger: Member;

  before(async function () {
    this.timeout(30_000);
    [admin, stranger] = await Promise.all([signUpAdmin(running()), signUpAdmin(running())]);
    agent = await addMember(running(), admin);
    for (const { clientId } of [admin, stranger]) await fill(clientId);
  });

  /**
   * Only five different times, so that every sort key has many ties; phones and names are not in chronological order.
   */
  async function fill(clientId: Types.ObjectId): Promise<void> {
    const tagNames = ['t0', 't1', 't2', 't3', 'u0', 'u1', 'u2'];
    const tagRows = tagNames.map((name, slot) => ({
      ...{ _id: new Types.ObjectId(), clientId, name, nameKey: name, slot },
      ...{ createdAt: new Date(0), version: 1 },
    }));
    await running().collection('tags').insertMany(tagRows);
    const idsOf = (tags: readonly string[]) =>
      tagRows.filter(({ name }) => tags.includes(name)).map(({ _id }) => _id);
    const people = Array.from({ length: count }, (_, index) => {
      const name = of(names, index);
      const username = of(usernames, index);
      const phoneNumber = `+4915${String((index * 7_919) % 100_000).padStart(9, '0')}`;
      const createdAt = new Date(Date.UTC(2026, 0, 1 + (index % 5)));
      return {
        _id: new Types.ObjectId(),
        clientId,
        phoneNumber,
        identityKeys: [`tel:${phoneNumber}`],
        ...(name === undefined ? {} : { name, nameKey: nameKeyOf(name) }),
        ...(username === undefined ? {} : { username, usernameKey: username.toLowerCase() }),
        searchTokens: contactTokens({
          ...{ phoneNumber, ...(name === undefined ? {} : { name }) },
          ...(username === undefined ? {} : { username }),
        }),
        tags: [`t${index % 4}`, `u${index % 3}`],
        optInStatus: of(statuses, index),
        customFields: {},
        consentLog: [],
        createdAt,
        updatedAt: createdAt,
        version: 1,
      };
    });
    const contacts = people.map(({ tags, ...contact }) => ({ ...contact, tagIds: idsOf(tags) }));
    const leads = people.map((contact, index) => {
      const { customFields: _fields, consentLog: _log, identityKeys: _keys, ...copied } = contact;
      const assigned = index % 3 === 0 ? { assignedAgentId: agent.userId } : {};
      const _id = new Types.ObjectId();
      return { ...copied, _id, contactId: contact._id, stage: of(stages, index), ...assigned };
    });
    await running().collection('contacts').insertMany(contacts);
    await running().collection('leads').insertMany(leads);
  }

  async function pagesOf(path: string, query: Readonly<Record<string, string>>): Promise<Listed[][]> {
    const pages: Listed[][] = [];
    let cursor: string | null = null;
    do {
      const given: Record<string, string> = {
        ...query,
        limit: String(limit),
        ...(cursor === null ? {} : { cursor }),
      };
      const answer = await admin.get(`${path}?${new URLSearchParams(given).toString()}`);
      assert.equal(answer.status, 200, answer.text);
      pages.push(answer.body['items'] as Listed[]);
      cursor = answer.body['nextCursor'] as string | null;
      assert.ok(pages.length <= count, 'the list does not end');
    } while (cursor !== null);
    return pages;
  }

  const isNewestFirst = (items: readonly Listed[]): boolean =>
    items.every((item, index) => {
      const before = items[index - 1];
      const key = ({ createdAt, id }: Listed) => `${String(createdAt)} ${id}`;
      return before === undefined || key(before) > key(item);
    });

  const begins = (text: unknown, prefix: string) =>
    typeof text === 'string' && nameKeyOf(text).startsWith(prefix);
  /** A word of the name or of the username begins with it. */
  const hasWord = ({ name, username }: Listed, prefix: string): boolean =>
    [name, username].some(
      (text) =>
        typeof text === 'string' &&
        nameKeyOf(text)
          .split(/[ ._]/)
          .some((word) => word.startsWith(prefix)),
    );
  const has = (list: unknown, tag: string) => Array.isArray(list) && list.includes(tag);

  interface Case {
    readonly query: Readonly<Record<string, string>>;
    readonly fits: (item: Listed) => boolean;
  }
  const both: readonly Case[] = [
    { query: {}, fits: () => true },
    { query: { tag: 't1' }, fits: ({ tags }) => has(tags, 't1') },
    { query: { optInStatus: 'opted-in' }, fits: ({ optInStatus }) => optInStatus === 'opted-in' },
    {
      query: { tag: 't1', optInStatus: 'unknown' },
      fits: (item) => has(item['tags'], 't1') && item['optInStatus'] === 'unknown',
    },
    { query: { q: 'ANA' }, fits: (item) => hasWord(item, 'ana') },
    { query: { q: 'maria' }, fits: ({ name }) => name === 'ana maria' },
    { query: { q: 'ANA', tag: 't1' }, fits: (item) => hasWord(item, 'ana') && has(item['tags'], 't1') },
    { query: { q: '00919' }, fits: ({ phoneNumber }) => String(phoneNumber).includes('919') },
    {
      query: { q: 'zoe', tag: 't0' },
      fits: (item) => begins(item['name'], 'zoe') && has(item['tags'], 't0'),
    },
    { query: { q: '@ana' }, fits: ({ username }) => /^ana/i.test(String(username)) },
    {
      query: { q: '@ANA.', optInStatus: 'opted-in' },
      fits: ({ username, optInStatus }) => username === 'Ana.Souza' && optInStatus === 'opted-in',
    },
    { query: { q: '+491500000' }, fits: ({ phoneNumber }) => String(phoneNumber).startsWith('+491500000') },
    { query: { q: '49 15-00000' }, fits: ({ phoneNumber }) => String(phoneNumber).startsWith('+491500000') },
  ];
  const leadsOnly: readonly Case[] = [
    { query: { stage: 'won' }, fits: ({ stage }) => stage === 'won' },
    {
      query: { assignedAgentId: 'me' },
      fits: ({ assignedAgentId }) => assignedAgentId === agent.userId.toHexString(),
    },
    { query: { assignedAgentId: 'none' }, fits: ({ assignedAgentId }) => assignedAgentId === null },
    {
      query: { assignedAgentId: 'me', stage: 'new' },
      fits: (item) => item['assignedAgentId'] !== null && item['stage'] === 'new',
    },
  ];
  const lists = [
    ...both.map((entry) => ({ ...entry, path: '/api/contacts' })),
    ...[...both, ...leadsOnly].map((entry) => ({ ...entry, path: '/api/leads' })),
  ];
  /** The agent's id is not known while the tests are declared. */
  const toQuery = (query: Case['query']): Record<string, string> =>
    query['assignedAgentId'] === 'me'
      ? { ...query, assignedAgentId: agent.userId.toHexString() }
      : { ...query };

  for (const { path, query, fits } of lists) {
    it(`${path} ${JSON.stringify(query)} › each match once, in a stable order, of this client only`, async () => {
      const pages = await pagesOf(path, toQuery(query));
      const items = pages.flat();
      const { items: expected } = await allOf(path);
      assert.deepEqual(
        items.map(({ id }) => id).toSorted(),
        expected
          .filter(fits)
          .map(({ id }) => id)
          .toSorted(),
      );
      assert.ok(items.length > 0);
      assert.ok(pages.slice(0, -1).every((page) => page.length === limit));
      const { q } = query;
      if (q === undefined) return assert.ok(isNewestFirst(items));
      const keys = items.map(({ name, phoneNumber, username }) => {
        if (q.startsWith('@')) return String(username).toLowerCase();
        return /\d/.test(q) ? String(phoneNumber) : nameKeyOf(typeof name === 'string' ? name : '');
      });
      // Those who begin with it come first, in order, then the others.
      const prefix = /\d/.test(q) ? `+${q.replace(/\D/g, '')}` : nameKeyOf(q.replace('@', ''));
      const beginning = keys.filter((key) => key.startsWith(prefix));
      assert.deepEqual(keys.slice(0, beginning.length), beginning.toSorted());
      assert.ok(isNewestFirst(items.slice(beginning.length)));
    });
  }

  const known = new Map<string, { items: Listed[] }>();
  async function allOf(path: string): Promise<{ items: Listed[] }> {
    const found = known.get(path) ?? { items: (await pagesOf(path, {})).flat() };
    known.set(path, found);
    return found;
  }

  it('each list, first page and deep › pieces of one index in its order, little more read than shown', async () => {
    const { db } = running().api.core.mongo;
    assert.ok(db !== undefined);
    await db.command({ profile: 2 });
    for (const { path, query } of lists) await pagesOf(path, toQuery(query));
    await db.command({ profile: 0 });
    const ops = await running()
      .collection<mongo.Document>('system.profile')
      .find({ 'command.find': { $in: ['contacts', 'leads'] } })
      .toArray();
    assert.ok(ops.length > 40, `${ops.length} queries were seen`);
    const searches = ops.filter(({ command }) => command.hint !== undefined);
    assert.ok(searches.length > 10, `${searches.length} searches were seen`);
    for (const { command, planSummary, docsExamined } of searches) {
      assert.equal(command.hint, 'searched');
      assert.match(
        planSummary,
        /^(IXSCAN \{ clientId: 1, searchTokens: 1, createdAt: -1, _id: -1 \}(, )?)+$/,
      );
      assert.ok(docsExamined <= count, JSON.stringify({ filter: command.filter, docsExamined }));
    }
    const inOrder = ops.filter(({ command }) => command.hint === undefined);
    for (const { command, planSummary, hasSortStage, docsExamined, keysExamined, nreturned } of inOrder) {
      const what = JSON.stringify({
        filter: command.filter,
        planSummary,
        docsExamined,
        keysExamined,
        nreturned,
      });
      assert.match(planSummary, /^(IXSCAN \{ clientId: 1, [^}]+\}(, )?)+$/, what);
      assert.notEqual(hasSortStage, true, what);
      // Of two filters one is looked up and the other looked at.
      const isExact = Object.keys(command.filter).every(
        (field) => planSummary.includes(`${field}:`) || field === 'deletedAt',
      );
      assert.ok(docsExamined <= (isExact ? nreturned + 1 : 4 * (limit + 1)), what);
    }
  });

  it('q with pattern characters › signs between words, never patterns', async () => {
    const idsOf = async (path: string, q: string) =>
      (await pagesOf(path, { q })).flatMap((page) => page.map(({ id }) => id)).toSorted();
    for (const path of ['/api/contacts', '/api/leads']) {
      for (const q of ['@.*', '@an%', '.*', '(', '\\', '$ne', '!!', 'n.a'])
        assert.deepEqual(await idsOf(path, q), [], `${path} ${q}`);
      for (const q of ['^ana', '(ana)', 'ana$', '[ana'])
        assert.deepEqual(await idsOf(path, q), await idsOf(path, 'ana'), `${path} ${q}`);
    }
  });

  it('an item added between two pages › does not move the following ones', async () => {
    const first = await admin.get(`/api/contacts?limit=${limit}`);
    await admin.post('/api/contacts', { phoneNumber: '+15550009001' });
    const cursor = String(first.body['nextCursor']);
    const second = await admin.get(`/api/contacts?limit=${limit}&cursor=${cursor}`);
    const ids = [first, second].flatMap(({ body }) => (body['items'] as Listed[]).map(({ id }) => id));
    const { items } = await allOf('/api/contacts');
    assert.deepEqual(
      ids,
      items.slice(0, 2 * limit).map(({ id }) => id),
    );
    known.clear();
  });

  const wrong: readonly [string, string, readonly string[]][] = [
    ['/api/leads', 'stage=hot', ['query.stage']],
    ['/api/leads', 'stage[$ne]=new', ['query.stage[$ne]']],
    ['/api/leads', 'assignedAgentId=me', ['query.assignedAgentId']],
    ['/api/leads', 'optInStatus=yes&limit=0', ['query.limit', 'query.optInStatus']],
    ['/api/leads', 'q=%20', ['query.q']],
    ['/api/contacts', 'stage=new', ['query.stage']],
    ['/api/contacts', 'tag=', ['query.tag']],
    ['/api/contacts', `q=${'x'.repeat(101)}`, ['query.q']],
    ['/api/contacts', 'cursor=x', ['query.cursor']],
    ['/api/contacts', 'q=a&q=b', ['query.q']],
    ['/api/contacts', 'clientId=665f1c2ab7e4d3a9c8b01234', ['query.clientId']],
  ];
  for (const [path, query, paths] of wrong) {
    it(`${path}?${query.slice(0, 40)} › 400 names ${paths.join(', ')}`, async () => {
      const answer = await admin.get(`${path}?${query}`);
      assert.deepEqual([codeOf(answer), issuePaths(answer).toSorted()], ['400 invalid-input', paths]);
    });
  }

  it('a cursor of another order › 400', async () => {
    const { body } = await admin.get('/api/contacts?q=a&limit=1');
    const cursor = String(body['nextCursor']);
    assert.equal(codeOf(await admin.get(`/api/contacts?cursor=${cursor}`)), '400 invalid-input');
  });
});
