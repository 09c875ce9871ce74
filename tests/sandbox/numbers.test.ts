import assert from 'node:assert/strict';
import { control, graph, setStage, type Stage } from './helpers.ts';

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

  it('the owner of an account › one each, or that of the settings; an unknown field › 100', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { portfolios: { '9002': '4711' } });
    const ownerOf = async (wabaId: string) => {
      const { body } = await describeNumber(`/v25.0/${wabaId}?fields=owner_business_info`);
      return [body['id'], (body['owner_business_info'] as { id: string }).id];
    };
    assert.deepEqual(await ownerOf('9001'), ['9001', 'portfolio-9001']);
    assert.deepEqual(await ownerOf('9002'), ['9002', '4711']);
    assert.equal((await describeNumber('/v25.0/9001?fields=owner_business_info,colour')).status, 400);
  });

  it('account › asked as other clients ask › known by its settings, or by a field that only accounts have', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { numbers: { 1000: { wabaId: '9400' } } });
    const bare = await describeNumber('/v25.0/9400');
    assert.deepEqual(Object.keys(bare.body), ['id', 'name', 'timezone_id', 'message_template_namespace']);
    const { body } = await describeNumber('/v25.0/9401?fields=id,name,currency');
    assert.deepEqual(body, { id: '9401', name: 'Sandbox Account', currency: 'USD' });
    await control(stage.sandbox, 'DELETE /behaviour');
  });

  it('an id that is of no object › 100 with the subcode 33, for every method', async () => {
    for (const route of ['GET /no-such-id', 'POST /no-such-id', 'DELETE /no-such-id', 'DELETE /1000']) {
      const body = route.startsWith('POST') ? { name: 'x' } : undefined;
      const answer = await graph<{ error: { code: number; error_subcode: number } }>(
        stage.sandbox,
        route,
        body,
      );
      assert.deepEqual([answer.status, answer.body.error.code], [400, 100], route);
      assert.equal(answer.body.error.error_subcode, 33, route);
    }
  });

  describe('the numbers of an account', () => {
    interface Page {
      readonly data: readonly { readonly id: string }[];
      readonly paging?: { readonly cursors: { readonly after: string }; readonly next?: string };
    }
    const listOf = async (wabaId: string, token: string, query = '') => {
      const { status, body } = await describeNumber(
        `/v25.0/${wabaId}/phone_numbers?fields=id${query}`,
        token,
      );
      return { status, ...(body as unknown as Page) };
    };
    const idsOf = async (wabaId: string, token: string) =>
      (await listOf(wabaId, token)).data.map(({ id }) => id);

    it('without settings › the numbers that the token has asked about, the latest first', async () => {
      for (const id of ['3001', '3002']) await describeNumber(`/v25.0/${id}?fields=${fields}`, 'curious');
      assert.deepEqual(await idsOf('9100', 'curious'), ['3002', '3001']);
      assert.deepEqual(await idsOf('9100', 'another'), []);
    });

    it('a number with an account in the settings › in that one only', async () => {
      await control(stage.sandbox, 'PUT /behaviour', { numbers: { '3003': { wabaId: '9101' } } });
      await describeNumber(`/v25.0/3003?fields=${fields}`, 'settled');
      assert.deepEqual(await idsOf('9101', 'whoever'), ['3003']);
      assert.deepEqual(await idsOf('9100', 'settled'), []);
    });

    it('pages › by cursor, each number once', async () => {
      for (const id of ['1', '2', '3']) await describeNumber(`/v25.0/400${id}?fields=${fields}`, 'pages');
      const first = await listOf('9102', 'pages', '&limit=2');
      assert.deepEqual([first.data.length, typeof first.paging?.next], [2, 'string']);
      const rest = await listOf('9102', 'pages', `&limit=2&after=${first.paging?.cursors.after ?? ''}`);
      assert.deepEqual([rest.data, rest.paging?.next], [[{ id: '4001' }], undefined]);
    });

    it('a token that is not the account’s › 100 (33) for the account, its numbers and sends', async () => {
      await control(stage.sandbox, 'PUT /behaviour', {
        numbers: { '3003': { wabaId: '9101' } },
        accountTokens: { '9101': ['own'] },
      });
      const paths = [
        '9101/phone_numbers',
        '9101?fields=owner_business_info',
        '9101/message_templates',
        '3003',
      ];
      for (const path of paths) {
        const refused = await describeNumber(`/v25.0/${path}`, 'foreign');
        const { code, error_subcode } = refused.body['error'] as { code: number; error_subcode: number };
        assert.deepEqual([refused.status, code, error_subcode], [400, 100, 33], path);
        assert.equal((await describeNumber(`/v25.0/${path}`, 'own')).status, 200, path);
      }
      const send = await fetch(`${stage.sandbox.url}/v25.0/3003/messages`, {
        method: 'POST',
        headers: { authorization: 'Bearer foreign', 'content-type': 'application/json' },
        body: '{}',
      });
      assert.equal(((await send.json()) as { error: { error_subcode: number } }).error.error_subcode, 33);
    });
  });

  interface Health {
    readonly can_send_message: string;
    readonly entities: readonly {
      readonly entity_type: string;
      readonly can_send_message: string;
      readonly errors?: readonly { readonly error_code: number; readonly possible_solution: string }[];
    }[];
  }

  async function healthOf(phoneNumberId: string): Promise<Health> {
    const { body } = await describeNumber(`/v25.0/${phoneNumberId}?fields=health_status`);
    return body['health_status'] as Health;
  }

  it('health › unset, set, and of a number whose sends are refused › told with its errors', async () => {
    await control(stage.sandbox, 'PUT /behaviour', {
      health: { '21': 'LIMITED', '22': 'BLOCKED', '23': 'AVAILABLE' },
      senderErrors: { '23': 131042 },
    });
    const seen: unknown[] = [];
    for (const id of ['20', '21', '22', '23']) {
      const health = await healthOf(id);
      const [number, ...others] = health.entities;
      seen.push([health.can_send_message, number?.entity_type, number?.errors?.[0]?.error_code]);
      assert.equal(health.can_send_message, number?.can_send_message);
      assert.deepEqual(
        others.map((entity) => [entity.entity_type, entity.can_send_message]),
        [
          ['WABA', 'AVAILABLE'],
          ['BUSINESS', 'AVAILABLE'],
          ['APP', 'AVAILABLE'],
        ],
      );
    }
    assert.deepEqual(seen, [
      ['AVAILABLE', 'PHONE_NUMBER', undefined],
      ['LIMITED', 'PHONE_NUMBER', 131064],
      ['BLOCKED', 'PHONE_NUMBER', 131031],
      ['BLOCKED', 'PHONE_NUMBER', 131042],
    ]);
    await control(stage.sandbox, 'PUT /behaviour', { senderErrors: {} });
    assert.equal((await healthOf('23')).can_send_message, 'AVAILABLE');
  });

  it('quality, limit and throughput › usual and of the settings › told', async () => {
    const asked = 'quality_rating,throughput,whatsapp_business_manager_messaging_limit';
    await control(stage.sandbox, 'PUT /behaviour', {
      numbers: { '31': { qualityRating: 'RED', messagingLimit: 'TIER_250', throughput: 'HIGH' } },
    });
    assert.deepEqual((await describeNumber(`/v25.0/30?fields=${asked}`)).body, {
      id: '30',
      quality_rating: 'GREEN',
      throughput: { level: 'STANDARD' },
      whatsapp_business_manager_messaging_limit: 'TIER_2K',
    });
    assert.deepEqual((await describeNumber(`/v25.0/31?fields=${asked}`)).body, {
      id: '31',
      quality_rating: 'RED',
      throughput: { level: 'HIGH' },
      whatsapp_business_manager_messaging_limit: 'TIER_250',
    });
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
