import assert from 'node:assert/strict';
import { control, setStage, type Stage } from './helpers.ts';

const fields = 'display_phone_number,verified_name,quality_rating';

describe('sandbox numbers', () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
  });
  after(() => stage.end());

  async function describeNumber(path: string, token: string | null = 'token') {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${stage.sandbox.url}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('any number › described, the same each time', async () => {
    const first = await describeNumber(`/v25.0/1000200030?fields=${fields}`);
    const { display_phone_number, ...rest } = first.body;
    assert.equal(first.status, 200);
    assert.match(String(display_phone_number), /^\+1 555-\d{3}-\d{4}$/);
    assert.deepEqual(rest, { id: '1000200030', verified_name: 'Sandbox Business', quality_rating: 'GREEN' });
    assert.deepEqual(await describeNumber(`/v25.0/1000200030?fields=${fields}`), first);
  });

  it('some fields › those and the id; an unknown one › 100', async () => {
    const { body } = await describeNumber('/v25.0/7?fields=quality_rating');
    assert.deepEqual(body, { id: '7', quality_rating: 'GREEN' });
    const refused = await describeNumber('/v25.0/7?fields=quality_rating,colour');
    assert.deepEqual([refused.status, (refused.body['error'] as { code: number }).code], [400, 100]);
  });

  it('display number of the settings › shown as Meta writes it', async () => {
    await control(stage.sandbox, 'PUT /behaviour', {
      numbers: { '8': { displayPhoneNumber: '15550001000' } },
    });
    const { body } = await describeNumber('/v25.0/8?fields=display_phone_number');
    assert.equal(body['display_phone_number'], '+1 555-000-1000');
  });

  it('no token › 104; an expired one › 190', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { expiredTokens: ['old'] });
    for (const [token, code] of [
      [null, 104],
      ['old', 190],
    ] as const) {
      const { status, body } = await describeNumber(`/v25.0/7?fields=${fields}`, token);
      assert.deepEqual([status, (body['error'] as { code: number }).code], [401, code]);
    }
  });
});
