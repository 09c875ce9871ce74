import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import { call, issuePaths } from '../support/http.ts';
import {
  addMember,
  codeOf,
  etagOf,
  ifMatch,
  signUpAdmin,
  statusesOf,
  useMessagingApi,
  type Member,
} from '../support/messaging-api.ts';
import { waitFor } from '../support/wait.ts';

describe('sending policy', () => {
  const running = useMessagingApi('sending_policy');
  let admin: Member;

  beforeEach(async () => {
    admin = await signUpAdmin(running());
  });

  const path = (who: Member = admin) => `/api/clients/${who.clientId.toHexString()}/sending-policy`;
  const decisions = (body: Record<string, unknown>) => {
    const { defaultStopWords: _stop, defaultStartWords: _start, ...own } = body;
    return own;
  };
  const undecided = {
    ...{ quietHours: null, appliesTo: 'all' },
    ...{ stopWords: {}, startWords: {}, replacesDefaults: false },
  };
  const night = { from: '21:00', to: '09:00', days: ['sun', 'sat', 'sun'] };

  it('a client without a policy › sends at any time and has the default words', async () => {
    const answer = await admin.get(path());
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(decisions(answer.body), undecided);
    assert.ok((answer.body['defaultStopWords'] as Record<string, string[]>)['en']?.includes('stop'));
    assert.equal(etagOf(answer), '"0"');
    const nobody = `/api/clients/${new Types.ObjectId().toHexString()}/sending-policy`;
    assert.equal(codeOf(await admin.get(nobody)), '404 not-found');
  });

  it('given fields › changed, the rest stays; null ends quiet hours; each change is audited once', async () => {
    const first = await admin.patch(path(), { quietHours: night, stopWords: { de: ['Ende', ' Schluss '] } });
    assert.equal(first.status, 200, first.text);
    const quietHours = { from: '21:00', to: '09:00', days: ['sat', 'sun'] };
    const stopWords = { de: ['Ende', 'Schluss'] };
    assert.deepEqual(decisions(first.body), { ...undecided, quietHours, stopWords });
    assert.equal(etagOf(first), '"1"');
    const second = await admin.patch(path(), { startWords: { de: ['weiter'] }, replacesDefaults: true });
    const both = { stopWords, startWords: { de: ['weiter'] }, replacesDefaults: true };
    assert.deepEqual(decisions(second.body), { ...undecided, ...both, quietHours });
    const same = await admin.patch(path(), { quietHours: night });
    assert.equal(etagOf(same), etagOf(second));
    const daily = await admin.patch(path(), { quietHours: { from: '22:00', to: '06:00' } });
    assert.deepEqual((daily.body['quietHours'] as { days: string[] }).days.length, 7);
    const third = await admin.patch(path(), { quietHours: null });
    assert.deepEqual(decisions(third.body), { ...undecided, ...both });
    assert.deepEqual((await admin.get(path())).body, third.body);
    const events = (await running().auditOf(admin.clientId.toHexString())).filter(
      ({ action }) => action === 'sending-policy.updated',
    );
    assert.deepEqual(
      events.map(({ after }) => Object.keys(after).toSorted()),
      [['quietHours', 'stopWords'], ['replacesDefaults', 'startWords'], ['quietHours'], ['quietHours']],
    );
    assert.deepEqual(events[0]?.['actor'], { type: 'user', userId: admin.userId });
  });

  const word = (length: number) => 'x'.repeat(length);
  const bad: readonly [string, object, string[]][] = [
    ['nothing', {}, ['body']],
    ['quiet hours of no length', { quietHours: { from: '09:00', to: '09:00' } }, ['body.quietHours.to']],
    [
      'a time that is none',
      { quietHours: { from: '24:00', to: '9:00' } },
      ['body.quietHours.from', 'body.quietHours.to'],
    ],
    ['no days at all', { quietHours: { from: '21:00', to: '09:00', days: [] } }, ['body.quietHours.days']],
    ['a day that is none', { quietHours: { ...night, days: ['sunday'] } }, ['body.quietHours.days.0']],
    [
      '51 words',
      { stopWords: { de: Array.from({ length: 51 }, (_, index) => `w${index}`) } },
      ['body.stopWords.de'],
    ],
    ['a word of 61 letters', { stopWords: { de: [word(61)] } }, ['body.stopWords.de.0']],
    ['a language that is none', { startWords: { German: ['los'] } }, ['body.startWords.German']],
    ['a word without letters', { stopWords: { de: ['🛑'] } }, ['body.stopWords.de.0']],
    [
      'a word that means both',
      { stopWords: { de: ['Los'] }, startWords: { en: ['LÒS!'] } },
      ['body.stopWords.de.0', 'body.startWords.en.0'],
    ],
    ['a default word for the other thing', { startWords: { de: ['Stop'] } }, ['body.startWords.de.0']],
  ];
  for (const [name, body, paths] of bad) {
    it(`${name} › refused with its path, nothing is stored`, async () => {
      const answer = await admin.patch(path(), body);
      assert.deepEqual([codeOf(answer), issuePaths(answer)], ['400 invalid-input', paths]);
      assert.equal(etagOf(await admin.get(path())), '"0"');
    });
  }

  it('a word of the other kind that was stored before › refused as well', async () => {
    assert.equal((await admin.patch(path(), { stopWords: { de: ['los'] } })).status, 200);
    const answer = await admin.patch(path(), { startWords: { de: ['Los'] } });
    assert.equal(codeOf(answer), '400 invalid-input');
    assert.ok(issuePaths(answer).includes('body.startWords.de.0'));
  });

  it('who may › the admin and operators; no agent, and no admin of another client', async () => {
    const agent = await addMember(running(), admin);
    assert.equal(codeOf(await agent.get(path())), '403 forbidden');
    assert.equal(codeOf(await agent.patch(path(), { appliesTo: 'marketing' })), '403 forbidden');
    const stranger = await signUpAdmin(running());
    assert.equal(codeOf(await stranger.get(path())), '404 not-found');
    assert.equal(codeOf(await stranger.patch(path(), { appliesTo: 'marketing' })), '404 not-found');
    assert.equal((await call(`${running().url}${path()}`)).status, 401);
    await running()
      .collection('users')
      .updateOne({ _id: stranger.userId }, { $set: { isOperator: true } });
    await waitFor('the grant holds', async () => (await stranger.get(path())).status === 200);
    const changed = await stranger.patch(path(), { appliesTo: 'marketing' });
    assert.deepEqual([changed.status, changed.body['appliesTo']], [200, 'marketing']);
    assert.equal((await admin.get(path())).body['appliesTo'], 'marketing');
    assert.equal((await stranger.get(path(stranger))).body['appliesTo'], 'all');
  });

  it('two at once on the same state › one wins, the other is told; the first policy too', async () => {
    for (const turn of [0, 1]) {
      const seen = ifMatch(await admin.get(path()));
      const answers = await Promise.all(
        ['marketing', 'all'].map((appliesTo, index) =>
          admin.patch(path(), { appliesTo, quietHours: { from: `2${turn}:0${index}`, to: '06:00' } }, seen),
        ),
      );
      assert.deepEqual(statusesOf(answers), [200, 412]);
    }
  });

  it('senders › see policy and time zone, at most two seconds old', async () => {
    const { policies } = running().api.core;
    const scope = scopeOf(admin.clientId);
    assert.deepEqual(await policies.sendingPolicyOf(scope), {
      ...{ timezone: 'UTC', quietHours: null, appliesTo: 'all' },
    });
    await admin.patch(path(), { quietHours: night, appliesTo: 'marketing' });
    await admin.patch(`/api/clients/${admin.clientId.toHexString()}`, { timezone: 'Asia/Kathmandu' });
    await waitFor('the cache is over', async () => {
      const { timezone } = await policies.sendingPolicyOf(scope);
      return timezone === 'Asia/Kathmandu';
    });
    const { quietHours, appliesTo } = await policies.sendingPolicyOf(scope);
    assert.deepEqual([quietHours, appliesTo], [{ ...night, days: ['sat', 'sun'] }, 'marketing']);
    await assert.rejects(policies.sendingPolicyOf(scopeOf(new Types.ObjectId())), /no such client/);
  });
});
