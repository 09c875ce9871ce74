import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { z } from 'zod';
import type { AuditEventPage, AuditVerificationView } from '../../../src/audit/schemas.ts';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { useApi } from '../../support/api.ts';
import { createChainStage } from '../../support/audit-chain.ts';
import { addColleague } from '../../support/colleagues.ts';
import type { CrmUser } from '../../support/crm-client.ts';
import { call } from '../../support/http.ts';

type Page = z.input<typeof AuditEventPage>;
type Verification = z.input<typeof AuditVerificationView>;

describe('api › audit events', function () {
  this.timeout(60_000);
  const api = useApi('audit-events');
  let user: CrmUser;
  beforeEach(async () => {
    user = await api().signUp();
  });

  const list = async (query = '', as = user) => {
    const { status, body } = await as.call<Page>(`/api/audit-events${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const createLead = async (name: string): Promise<string> => {
    const phoneNumber = `+1555000${Math.floor(Math.random() * 9_000 + 1_000)}`;
    const { status, body } = await user.call<{ id: string }>('/api/leads', { body: { phoneNumber, name } });
    assert.equal(status, 201, JSON.stringify(body));
    return body.id;
  };
  const rename = (id: string, stage: string) =>
    user.call(`/api/leads/${id}`, { method: 'PATCH', body: { stage } });

  it('a change › is listed with who, what, when, and the values on both sides', async () => {
    const id = await createLead('Ana');
    await rename(id, 'won');
    const { items } = await list(`?resourceId=${id}&action=lead.updated`);
    const [event] = items;
    assert.ok(event);
    const { actor, action, resource, before, after, erasedAt, seal } = event;
    assert.deepEqual(
      { count: items.length, actor, action, resource, before, after, erasedAt, seal },
      {
        count: 1,
        actor: { type: 'user', userId: user.userId },
        action: 'lead.updated',
        resource: { type: 'lead', id },
        before: { stage: 'new' },
        after: { stage: 'won' },
        erasedAt: null,
        seal: null,
      },
    );
    assert.ok(Math.abs(Date.parse(event.createdAt) - Date.now()) < 60_000);
  });

  it('filters › actor, action, resource, since and until › alone and together', async () => {
    const [one, two] = [await createLead('Ana'), await createLead('Ben')];
    for (const stage of ['won', 'lost']) await rename(one, stage);
    const all = (await list()).items;
    const idsOf = (page: Page) => page.items.map(({ id }) => id);
    const where = (judge: (event: Page['items'][number]) => boolean) => all.filter(judge).map(({ id }) => id);
    assert.deepEqual(
      idsOf(await list('?action=lead.created')),
      where(({ action }) => action === 'lead.created'),
    );
    assert.deepEqual(
      idsOf(await list(`?resourceId=${two}`)),
      where(({ resource }) => resource.id === two),
    );
    assert.deepEqual(
      idsOf(await list(`?actorId=${user.userId}`)),
      where(({ actor }) => actor.userId === user.userId),
    );
    const [, , third] = all;
    assert.ok(third);
    const at = encodeURIComponent(third.createdAt);
    assert.deepEqual(
      idsOf(await list(`?since=${at}`)),
      where(({ createdAt }) => createdAt >= third.createdAt),
    );
    assert.deepEqual(
      idsOf(await list(`?until=${at}`)),
      where(({ createdAt }) => createdAt < third.createdAt),
    );
    assert.deepEqual(idsOf(await list(`?since=${at}&until=${at}`)), []);
    const both = await list(
      `?resourceId=${one}&action=lead.updated&actorId=${user.userId}&since=2020-01-01T00:00:00Z`,
    );
    assert.deepEqual(
      both.items.map(({ after }) => after),
      [{ stage: 'lost' }, { stage: 'won' }],
    );
    assert.deepEqual((await list(`?actorId=${new Types.ObjectId().toHexString()}`)).items, []);
  });

  it('pages › newest first, each event once, also among equal times', async () => {
    const clientId = new Types.ObjectId(user.clientId);
    const target = { type: 'lead', id: new Types.ObjectId() };
    const rows = Array.from({ length: 25 }, (_, index) => ({
      ...{
        _id: new Types.ObjectId(),
        clientId,
        at: new Date(Math.floor(index / 10)),
        actor: { type: 'system' },
      },
      ...{ action: 'lead.updated', target, before: {}, after: { index } },
    }));
    await api().collection('audit_events').insertMany(rows);
    const seen: number[] = [];
    let cursor: string | null = '';
    do {
      const page: Page = await list(
        `?resourceId=${target.id.toHexString()}&limit=7&until=2000-01-01T00:00:00Z${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ after }) => Number(after?.['index'])));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, index) => 24 - index),
    );
  });

  it('agents › 403; another client › sees none of it', async () => {
    const id = await createLead('Ana');
    const agent = await addColleague(api(), user);
    for (const path of ['/api/audit-events', '/api/audit-events/verify'])
      assert.equal((await call(`${api().url}${path}`, { token: agent.token })).status, 403, path);
    const stranger = await api().signUp();
    assert.deepEqual((await list(`?resourceId=${id}`, stranger)).items, []);
    assert.deepEqual((await list(`?actorId=${user.userId}`, stranger)).items, []);
  });

  it('verify › counts the sealed events of the own client, and names the first that was changed', async () => {
    const id = await createLead('Ana');
    const stranger = await api().signUp();
    const stage = createChainStage(api().connection, {
      secret: Buffer.from(api().config.credentials.key.reveal(), 'base64'),
    });
    await stage.sealAll();
    const verify = async (as: CrmUser, query = '') =>
      (await as.call<Verification>(`/api/audit-events/verify${query}`)).body;
    const count = (await list('?limit=100')).items.length;
    const whole = {
      ...{ checked: count, erased: 0, anchorsChecked: 0, anchorsOfOtherKeys: 0, sealedUpTo: count },
      ...{ firstBreak: null, nextAfter: null },
    };
    assert.deepEqual(await verify(user), whole);
    assert.deepEqual(await verify(user, `?after=${count}`), { ...whole, checked: 0 });
    const [event] = (await list(`?resourceId=${id}`)).items;
    assert.ok(event?.seal);
    assert.match(event.seal.hash, /^[0-9a-f]{64}$/);
    await stage.events.updateOne(
      { _id: new Types.ObjectId(event.id) },
      { $set: { 'actor.userId': new Types.ObjectId() } },
    );
    assert.deepEqual((await verify(user)).firstBreak, { seq: event.seal.seq, reason: 'hash' });
    assert.equal((await verify(stranger)).firstBreak, null);
    assert.equal((await user.call('/api/audit-events/verify?after=-1')).status, 400);
    await stage.erasure.erase(
      scopeOf(new Types.ObjectId(user.clientId)),
      { type: 'system' },
      new Types.ObjectId(id),
    );
    const [erased] = (await list(`?resourceId=${id}&action=lead.created`)).items;
    assert.deepEqual([erased?.before, erased?.after], [null, null]);
    assert.notEqual(erased?.erasedAt, null);
  });
});
