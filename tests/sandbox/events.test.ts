import assert from 'node:assert/strict';
import { deriveWabaId } from '../../sandbox/identifiers.ts';
import { control, parsePost, send, setStage, until, graph, type Stage } from './helpers.ts';

type Value = Readonly<Record<string, unknown>>;

const components = [
  { type: 'HEADER', format: 'TEXT', text: 'Offer' },
  { type: 'BODY', text: 'Hi {{1}}, your code is ready to use.' },
  { type: 'FOOTER', text: 'Your shop' },
  { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Open', url: 'https://example.org' }] },
];

describe('sandbox events', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage();
  });

  afterEach(() => stage.end());

  const entries = () =>
    stage.receiver.posts.flatMap((post) => {
      assert.ok(post.isSigned);
      return parsePost(post).entry.map(({ id, time, changes }) => ({
        id,
        time,
        field: changes[0]?.field,
        value: changes[0]?.value as unknown as Value,
      }));
    });

  const play = (body: object) =>
    control<{ webhookStatus: number; error?: { field: string } }>(stage.sandbox, 'POST /events', body);
  const set = (name: string, body: object) =>
    control<{ events: { field: string; webhookStatus: number }[]; error?: { field: string } }>(
      stage.sandbox,
      `PUT /templates/42/${name}`,
      body,
    );

  for (const [field, value] of [
    ['message_template_status_update', { event: 'FLAGGED', message_template_id: 1 }],
    ['phone_number_quality_update', { event: 'THROUGHPUT_UPGRADE', current_limit: 'TIER_10K' }],
    ['business_capability_update', { max_daily_conversations_per_business: 'TIER_2K' }],
    ['account_update', { event: 'ACCOUNT_RESTRICTION', restriction_info: [{ restriction_type: 'x' }] }],
    ['account_alerts', { alert_info: { alert_severity: 'CRITICAL' } }],
  ] as const) {
    it(`events › ${field} › signed, for the account, with an integer time`, async () => {
      const before = Math.floor(Date.now() / 1000);
      assert.equal((await play({ wabaId: '42', field, value })).body.webhookStatus, 200);
      const [{ time = 0, ...entry } = { time: 0 }] = entries();
      assert.ok(Number.isInteger(time) && time >= before);
      assert.deepEqual(entry, { id: '42', field, value });
    });
  }

  it('events › user_preferences of a number › its account, and the number in the value', async () => {
    const preferences = [{ wa_id: '15550001111', category: 'marketing_messages', value: 'stop' }];
    await play({
      phoneNumberId: '7',
      field: 'user_preferences',
      value: { user_preferences: preferences },
      time: 1_700_000_000,
    });
    const [entry] = entries();
    assert.deepEqual([entry?.id, entry?.time], [deriveWabaId('7'), 1_700_000_000]);
    assert.deepEqual(entry?.value['user_preferences'], preferences);
    const metadata = entry?.value['metadata'] as { readonly phone_number_id: string } | undefined;
    assert.equal(metadata?.phone_number_id, '7');
  });

  for (const [body, field] of [
    [{ field: 'account_update', value: {} }, 'wabaId'],
    [{ wabaId: '1', value: {} }, 'field'],
    [{ wabaId: '1', field: 'Account!', value: {} }, 'field'],
    [{ wabaId: '1', field: 'account_update' }, 'value'],
    [{ wabaId: '1', field: 'account_update', value: {}, time: 'now' }, 'time'],
    [{ wabaId: '1', field: 'account_update', value: {}, speed: 1 }, 'speed'],
  ] as const) {
    it(`events › ${JSON.stringify(body)} › 400 that names ${field}, nothing sent`, async () => {
      const answer = await play(body);
      assert.deepEqual([answer.status, answer.body.error?.field], [400, field]);
      assert.equal(stage.receiver.posts.length, 0);
    });
  }

  it('template control › each change › the template is changed and its webhook comes', async () => {
    await set('order_update', { qualityScore: 'YELLOW' });
    await set('order_update', { status: 'PAUSED', otherInfo: { title: 'SECOND_PAUSE', description: 'x' } });
    await set('order_update', { category: 'MARKETING', status: 'APPROVED', reason: 'NONE' });
    await set('order_update', { correctCategory: 'UTILITY', categoryUpdateAt: 1_800_000_000 });
    await set('order_update', { components });
    await set('order_update', {
      event: 'FLAGGED',
      disableInfo: { disable_date: 'x' },
      rejectionInfo: { reason: 'y' },
    });
    const told = entries().map(({ field, value }) => {
      const shown = Object.entries(value).filter(
        ([name]) => !/_template_(id|name|language|category)$/.test(name),
      );
      return [field, Object.fromEntries(shown)];
    });
    assert.deepEqual(told, [
      ['message_template_quality_update', { previous_quality_score: 'UNKNOWN', new_quality_score: 'YELLOW' }],
      [
        'message_template_status_update',
        { event: 'PAUSED', reason: null, other_info: { title: 'SECOND_PAUSE', description: 'x' } },
      ],
      ['message_template_status_update', { event: 'APPROVED', reason: 'NONE' }],
      ['template_category_update', { previous_category: 'UTILITY', new_category: 'MARKETING' }],
      [
        'template_category_update',
        { new_category: 'MARKETING', correct_category: 'UTILITY', category_update_timestamp: 1_800_000_000 },
      ],
      [
        'message_template_components_update',
        {
          message_template_element: 'Hi {{1}}, your code is ready to use.',
          message_template_title: 'Offer',
          message_template_footer: 'Your shop',
          message_template_buttons: [
            {
              message_template_button_type: 'URL',
              message_template_button_text: 'Open',
              message_template_button_url: 'https://example.org',
            },
          ],
        },
      ],
      [
        'message_template_status_update',
        {
          event: 'FLAGGED',
          reason: null,
          disable_info: { disable_date: 'x' },
          rejection_info: { reason: 'y' },
        },
      ],
    ]);
  });

  it('template control › new, without webhook, then again › stored silently, then told', async () => {
    const silent = await set('fresh', { components, category: 'MARKETING', webhook: false });
    assert.deepEqual(silent.body.events, []);
    const { data } = (
      await graph<{ data: { status: string; category: string }[] }>(
        stage.sandbox,
        'GET /42/message_templates?name=fresh',
      )
    ).body;
    assert.deepEqual(
      data.map(({ status, category }) => [status, category]),
      [['APPROVED', 'MARKETING']],
    );
    assert.deepEqual((await set('fresh', { status: 'DISABLED' })).body.events, [
      { field: 'message_template_status_update', webhookStatus: 200 },
    ]);
    assert.deepEqual((await set('fresh', { status: 'DISABLED' })).body.events, []);
  });

  for (const [body, field] of [
    [{ status: 'GONE' }, 'body.status'],
    [{ qualityScore: 'BLUE' }, 'body.qualityScore'],
    [{ colour: 'BLUE' }, 'colour'],
    [{ language: 'de' }, 'components'],
  ] as const) {
    it(`template control › ${JSON.stringify(body)} › 400 that names ${field}`, async () => {
      const answer = await set('order_update', body);
      assert.deepEqual([answer.status, answer.body.error?.field], [400, field]);
    });
  }

  it('review › another category › a webhook that says so', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 0, recategorise: { promo: 'MARKETING' } });
    await graph(stage.sandbox, 'POST /42/message_templates', {
      name: 'promo',
      language: 'en_US',
      category: 'UTILITY',
      components: [{ type: 'BODY', text: 'Come and see what is new.' }],
    });
    await until('two webhooks', () => entries().length === 2);
    const moved = entries().find(({ field }) => field === 'template_category_update');
    assert.deepEqual(
      [moved?.value['previous_category'], moved?.value['new_category']],
      ['UTILITY', 'MARKETING'],
    );
    assert.equal((await send(stage.sandbox, {})).status, 400);
  });
});
