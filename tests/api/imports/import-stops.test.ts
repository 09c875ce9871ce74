import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../../src/platform/mongo.ts';
import { useImportStage } from '../../support/import-stage.ts';
import { signUpAdmin, type Member } from '../../support/messaging-api.ts';

const phone = '+4915112346001';
const minuteMs = 60_000;

describe('api › an opt-in of a file and a STOP', function () {
  this.timeout(60_000);
  const stage = useImportStage('import-stops');
  let admin: Member;
  let id: string;

  const options = { options: { consent: { source: 'form in May' } } };

  beforeEach(async () => {
    admin = await signUpAdmin(stage.api());
    const { status, body } = await admin.post('/api/contacts', { phoneNumber: phone, name: 'Ana' });
    assert.equal(status, 201);
    id = String(body['id']);
  });

  /** As the worker stores what a person wrote, however late it came. */
  const says = (status: 'opted-out' | 'opted-in', minutesAgo: number) =>
    stage.core().contacts.recordStatement(scopeOf(admin.clientId), new Types.ObjectId(id), {
      ...{ status, source: 'keyword', eventId: `${status}:${minutesAgo}` },
      at: new Date(Date.now() - minutesAgo * minuteMs),
    });
  const status = async () => (await admin.get(`/api/contacts/${id}`)).body['optInStatus'];

  it('STOP said before the import and delivered after it › counts', async () => {
    const done = await stage.imported(admin, `phone,opt-in\n${phone},yes`, options);
    assert.deepEqual([done.outcomes?.['updated'], await status()], [1, 'opted-in']);
    await says('opted-out', 2);
    assert.equal(await status(), 'opted-out');
    const again = await stage.imported(admin, `phone,opt-in,name\n${phone},yes,Anna`, options);
    assert.deepEqual([again.outcomes?.['updated'], await status()], [1, 'opted-out']);
    await says('opted-in', 1);
    assert.equal(await status(), 'opted-in');
  });

  it('STOP said before an undo and delivered after it › counts', async () => {
    const done = await stage.imported(admin, `phone,opt-in\n${phone},yes`, options);
    assert.equal((await stage.post(admin, done.id, 'undo')).status, 200);
    await stage.settle(admin, done.id);
    assert.equal(await status(), 'unknown');
    await says('opted-out', 2);
    assert.equal(await status(), 'opted-out');
  });
});
