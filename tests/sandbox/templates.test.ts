import assert from 'node:assert/strict';
import { componentsProblem, creationProblem } from '../../sandbox/templates/rules.ts';
import { control, graph, parsePost, setStage, until, type GraphFault, type Stage } from './helpers.ts';

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly category: string;
}

interface Page {
  readonly data: readonly Shown[];
  readonly paging?: {
    readonly cursors: { readonly before: string; readonly after: string };
    readonly next?: string;
    readonly previous?: string;
  };
}

const body = (text: string, example?: object): object => ({
  type: 'BODY',
  text,
  ...(example === undefined ? {} : { example }),
});
const plain = body('All shoes at half price this week.');
const sale = { name: 'sale', language: 'en_US', category: 'MARKETING', components: [plain] };
const buttons = (...list: readonly object[]): object[] => [plain, { type: 'BUTTONS', buttons: list }];
const quick = (text: string): object => ({ type: 'QUICK_REPLY', text });

const auth = { category: 'AUTHENTICATION' };
const code = (fields: object = { otp_type: 'COPY_CODE' }): object[] => [
  { type: 'BODY', add_security_recommendation: true },
  { type: 'FOOTER', code_expiration_minutes: 5 },
  { type: 'BUTTONS', buttons: [{ type: 'OTP', ...fields }] },
];

describe('sandbox templates', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await setStage({ behaviour: { reviewMs: 30 } });
  });

  afterEach(() => stage.end());

  const list = (query = '') => graph<Page>(stage.sandbox, `GET /42/message_templates${query}`);
  const create = (changes: object = {}) =>
    graph<Shown & GraphFault>(stage.sandbox, 'POST /42/message_templates', { ...sale, ...changes });
  const shown = async (id: string): Promise<Shown> =>
    (await graph<Shown>(stage.sandbox, `GET /${id}?fields=name,status,category`)).body;
  const set = (name: string, fields: object) =>
    control<{ templates: { id: string }[] }>(stage.sandbox, `PUT /templates/42/${name}`, fields);
  const events = () =>
    stage.receiver.posts.flatMap((post) =>
      parsePost(post).entry.flatMap(({ id, time, changes }) =>
        changes.map(({ field, value }) => ({
          id,
          time,
          field,
          value: value as unknown as Readonly<Record<string, unknown>>,
          isSigned: post.isSigned,
        })),
      ),
    );

  it('list › forwards by next and back by previous › the same pages', async () => {
    const forwards: string[][] = [];
    let page = (await list('?limit=1')).body;
    forwards.push(page.data.map(({ name }) => name));
    assert.equal(page.paging?.previous, undefined);
    while (page.paging?.next !== undefined) {
      page = (await graph<Page>(stage.sandbox, `GET ${page.paging.next}`)).body;
      forwards.push(page.data.map(({ name }) => name));
    }
    assert.deepEqual(forwards, [['hello_world'], ['order_update'], ['appointment_reminder']]);
    const backwards: string[][] = [page.data.map(({ name }) => name)];
    while (page.paging?.previous !== undefined) {
      page = (await graph<Page>(stage.sandbox, `GET ${page.paging.previous}`)).body;
      backwards.push(page.data.map(({ name }) => name));
    }
    assert.deepEqual(backwards, forwards.toReversed());
  });

  it('list › cursor of a template that is gone, or nonsense › 131059', async () => {
    const { id } = (await create()).body;
    const page = (await list()).body;
    assert.equal(page.data.at(-1)?.id, id);
    await graph(stage.sandbox, 'DELETE /42/message_templates?name=sale');
    for (const cursor of [page.paging?.cursors.after, 'nonsense']) {
      const refused = await graph(stage.sandbox, `GET /42/message_templates?after=${cursor}`);
      assert.deepEqual([refused.status, refused.body.error.code], [400, 131059]);
    }
  });

  it('list › filters and fields › only what is asked for', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 600_000 });
    await create();
    const names = async (query: string) => (await list(query)).body.data.map(({ name }) => name);
    assert.deepEqual(await names('?status=PENDING'), ['sale']);
    assert.deepEqual(await names('?category=MARKETING'), ['sale']);
    assert.deepEqual(await names('?language=de'), []);
    assert.deepEqual(await names('?name=order_update'), ['order_update']);
    assert.deepEqual(await names('?name_or_content=half%20price'), ['sale']);
    assert.deepEqual(await names('?quality_score=RED'), []);
    const [first] = (await list('?fields=name,quality_score')).body.data;
    assert.deepEqual(Object.keys(first ?? {}).sort(), ['id', 'name', 'quality_score']);
    for (const query of ['?status=GONE', '?category=SALE', '?fields=colour']) {
      assert.equal((await graph(stage.sandbox, `GET /42/message_templates${query}`)).body.error.code, 100);
    }
  });

  it('review › nothing against it › PENDING, then APPROVED with a signed webhook', async () => {
    const created = (await create()).body;
    assert.equal(created.status, 'PENDING');
    await until('the webhook', () => events().length === 1);
    const [event] = events();
    assert.deepEqual(
      [event?.id, event?.field, event?.isSigned],
      ['42', 'message_template_status_update', true],
    );
    assert.ok(Number.isInteger(event?.time));
    assert.deepEqual(event?.value, {
      event: 'APPROVED',
      message_template_id: Number(created.id),
      message_template_name: 'sale',
      message_template_language: 'en_US',
      message_template_category: 'MARKETING',
      reason: 'NONE',
    });
    assert.equal((await shown(created.id)).status, 'APPROVED');
  });

  it('review › a forbidden word › REJECTED with reason and advice, the webhook told again until it is taken', async () => {
    stage.receiver.answer = (count) => (count < 3 ? 500 : 200);
    await control(stage.sandbox, 'PUT /behaviour', { rejectWords: ['HALF price'] });
    const { id } = (await create()).body;
    await until('three attempts', () => events().length === 3);
    const value = events()[2]?.value;
    assert.deepEqual([value?.['event'], value?.['reason']], ['REJECTED', 'INVALID_FORMAT']);
    const advice = value?.['rejection_info'] as { readonly recommendation: string } | undefined;
    assert.match(advice?.recommendation ?? '', /submit the template again/);
    const told = await graph<{ rejected_reason: string }>(stage.sandbox, `GET /${id}?fields=rejected_reason`);
    assert.equal(told.body.rejected_reason, 'INVALID_FORMAT');
  });

  it('review › no delay, another category › approved at once, as marketing', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 0, recategorise: { sale: 'MARKETING' } });
    const { body: created } = await create({ category: 'UTILITY' });
    assert.deepEqual([created.status, created.category], ['APPROVED', 'MARKETING']);
  });

  it('create › twice, and again after it was deleted › 100 with 2388024, then 2388023', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 0 });
    await create();
    const again = await create();
    assert.deepEqual([again.body.error.code, again.body.error.error_subcode], [100, 2388024]);
    assert.ok(again.body.error.error_user_msg !== undefined);
    await graph(stage.sandbox, 'DELETE /42/message_templates?name=sale');
    assert.equal((await create()).body.error.error_subcode, 2388023);
  });

  it('authentication › shown with Meta’s texts and the address behind its button', async () => {
    const app = { package_name: 'org.example', signature_hash: 'K8a/AI+cGX7' };
    const given = code({ otp_type: 'ONE_TAP', autofill_text: 'Fill in', supported_apps: [app, app] });
    const { id } = (await create({ ...auth, components: given })).body;
    const shownOne = await graph<{ components: readonly object[] }>(
      stage.sandbox,
      `GET /${id}?fields=components`,
    );
    const address =
      'https://www.whatsapp.com/otp/code/?otp_type=ONE_TAP&cta_display_name=Fill+in' +
      '&package_name=org.example&signature_hash=K8a%2FAI%2BcGX7&code=otp';
    assert.deepEqual(shownOne.body.components, [
      {
        type: 'BODY',
        text: '*{{1}}* is your verification code. For your security, do not share this code.',
        add_security_recommendation: true,
        example: { body_text: [['123456']] },
      },
      { type: 'FOOTER', text: 'This code expires in 5 minutes.', code_expiration_minutes: 5 },
      {
        type: 'BUTTONS',
        buttons: [{ type: 'URL', text: 'Copy code', url: `${address}{{1}}`, example: [`${address}123456`] }],
      },
    ]);
  });

  it('create › the account is full › 100 with 2388019; a deleted one makes room; Meta’s limits are 250', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { templatesPerAccount: 4 });
    assert.equal((await create()).status, 200);
    const full = await create({ name: 'another' });
    assert.deepEqual([full.body.error.code, full.body.error.error_subcode], [100, 2388019]);
    assert.match(full.body.error.error_user_msg ?? '', /limit of 4 message templates/);
    await graph(stage.sandbox, 'DELETE /42/message_templates?name=hello_world');
    assert.equal((await create({ name: 'another' })).status, 200);
    await control(stage.sandbox, 'PUT /behaviour', { templatesPerAccount: null, limits: 'meta' });
    for (let count = 5; count <= 250; count += 1) await create({ name: `t_${count}` });
    assert.match((await create({ name: 'last' })).body.error.error_user_msg ?? '', /limit of 250 /);
  }).timeout(20_000);

  it('delete › by name, by name and id, unknown, disabled › all languages, one, refused', async () => {
    const english = (await create()).body.id;
    await create({ language: 'de' });
    await graph(stage.sandbox, `DELETE /42/message_templates?name=sale&hsm_id=${english}`);
    assert.equal((await list('?name=sale')).body.data.length, 1);
    await create({ language: 'fr' });
    await graph(stage.sandbox, 'DELETE /42/message_templates?name=sale');
    assert.equal((await list('?name=sale')).body.data.length, 0);
    assert.equal((await graph(stage.sandbox, `GET /${english}`)).body.error.error_subcode, 33);
    const missing = await graph(stage.sandbox, 'DELETE /42/message_templates?name=sale');
    assert.deepEqual([missing.body.error.code, missing.body.error.error_subcode], [100, 33]);
    assert.equal((await graph(stage.sandbox, 'DELETE /42/message_templates')).status, 400);
    await set('order_update', { status: 'DISABLED' });
    assert.equal((await graph(stage.sandbox, 'DELETE /42/message_templates?name=order_update')).status, 400);
  });

  it('edit › pending, approved, rejected › refused; reviewed again; the category only of a rejected one', async () => {
    const { id } = (await create()).body;
    const edit = (fields: object) =>
      graph<GraphFault & { success?: boolean }>(stage.sandbox, `POST /${id}`, fields);
    const components = [body('All boots at half price this week.')];
    assert.equal((await edit({ components })).body.error.code, 100);
    await until('approval', async () => (await shown(id)).status === 'APPROVED');
    assert.equal((await edit({ category: 'UTILITY' })).body.error.code, 100);
    assert.equal((await edit({ components: [] })).body.error.error_subcode, 2388072);
    await control(stage.sandbox, 'PUT /behaviour', { reviewMs: 600_000 });
    assert.equal((await edit({ components })).body.success, true);
    assert.equal((await shown(id)).status, 'PENDING');
    await set('sale', { status: 'REJECTED', webhook: false });
    assert.equal((await edit({ category: 'UTILITY' })).body.success, true);
    assert.equal((await shown(id)).category, 'UTILITY');
  });

  it('edit › an approved one twice a day under Meta’s limits › 2388039', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { limits: 'meta', reviewMs: 0 });
    const { id } = (await create()).body;
    const edit = () => graph(stage.sandbox, `POST /${id}`, { components: [plain] });
    assert.equal((await edit()).status, 200);
    assert.equal((await edit()).body.error.error_subcode, 2388039);
  });

  it('unpause › paused by pacing, after its time › approved with a webhook; not paused › refused', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { unpauseAfterMs: 0 });
    const pacing = { status: 'PAUSED', otherInfo: { title: 'RATE_LIMITING_PAUSE' } };
    const { id } = (await set('order_update', pacing)).body.templates[0] ?? { id: '' };
    const unpaused = await graph(stage.sandbox, `POST /${id}/unpause`);
    assert.deepEqual([unpaused.status, unpaused.body], [200, { success: true }]);
    await until('both webhooks', () => events().length === 2);
    const told = events().map(({ value }) => [
      value['event'],
      (value['other_info'] as { title: string }).title,
    ]);
    assert.deepEqual(told, [
      ['PAUSED', 'RATE_LIMITING_PAUSE'],
      ['APPROVED', 'UNPAUSE'],
    ]);
    assert.equal((await graph(stage.sandbox, `POST /${id}/unpause`)).status, 400);
    assert.equal((await graph(stage.sandbox, 'POST /4711')).body.error.error_subcode, 33);
  });

  it('unpause › paused by feedback, or a moment ago › stays paused, with the reason', async () => {
    for (const [fields, reason] of [
      [{}, 'Only a template that was paused by pacing can be unpaused.'],
      [
        { otherInfo: { title: 'RATE_LIMITING_PAUSE' } },
        'The template can be unpaused 5 minutes after it was paused.',
      ],
    ] as const) {
      await set('order_update', { status: 'APPROVED' });
      const paused = await set('order_update', { status: 'PAUSED', ...fields });
      const { id } = paused.body.templates[0] ?? { id: '' };
      const kept = await graph(stage.sandbox, `POST /${id}/unpause`);
      assert.deepEqual([kept.status, kept.body], [200, { success: false, reason }]);
      assert.equal((await shown(id)).status, 'PAUSED');
    }
  });

  it('usage › each management call › told in percent; above the cap 80007, for this account only', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { managementCallsPerHour: 2 });
    const usage = async (id: string) => {
      const { status, headers, body: answer } = await graph(stage.sandbox, `GET /${id}/message_templates`);
      const told = JSON.parse(headers.get('x-business-use-case-usage') ?? '{}') as Record<
        string,
        readonly { call_count: number; type: string }[]
      >;
      const code = status === 200 ? undefined : answer.error.code;
      return [status, code, told[id]?.[0]?.call_count, told[id]?.[0]?.type];
    };
    assert.deepEqual(await usage('42'), [200, undefined, 50, 'whatsapp']);
    assert.deepEqual(await usage('42'), [200, undefined, 100, 'whatsapp']);
    assert.deepEqual(await usage('42'), [400, 80007, 100, 'whatsapp']);
    assert.deepEqual(await usage('43'), [200, undefined, 50, 'whatsapp']);
  });
});

describe('sandbox template rules', () => {
  const two = { body_text: [['Asha', 'A-1']] };
  const accepted: readonly (readonly [string, object])[] = [
    ['plain text', {}],
    ['positional', { components: [body('Hi {{1}}, your order {{2}} is on its way.', two)] }],
    [
      'named',
      {
        parameter_format: 'NAMED',
        components: [body('Hi {{name}}, all is well.', { body_text_named_params: [{}] })],
      },
    ],
    ['authentication', { category: 'AUTHENTICATION', components: code() }],
    [
      'authentication, zero-tap',
      {
        category: 'AUTHENTICATION',
        components: code({
          ...{ otp_type: 'zero_tap', zero_tap_terms_accepted: true },
          supported_apps: [{ package_name: 'org.example', signature_hash: 'K8a/AINcGX7' }],
        }),
      },
    ],
    [
      'header with an image',
      { components: [plain, { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4::a'] } }] },
    ],
    ['header with a place', { components: [plain, { type: 'header', format: 'LOCATION' }] }],
    [
      'ten quick replies',
      { components: buttons(...Array.from({ length: 10 }, (_, index) => quick(`Q${index}`))) },
    ],
    [
      'link with a variable, phone and code',
      {
        components: buttons(
          { type: 'URL', text: 'Open', url: 'https://example.org/{{1}}', example: ['a'] },
          { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550001111' },
          { type: 'COPY_CODE', example: 'A1' },
        ),
      },
    ],
    ['time to live', { message_send_ttl_seconds: 43_200 }],
    ['longest time to live', { category: 'UTILITY', message_send_ttl_seconds: -1 }],
    ['carousel', { components: [plain, { type: 'CAROUSEL', cards: [{}, {}] }] }],
  ];
  for (const [name, changes] of accepted) {
    it(`creation › ${name} › fine`, () => {
      assert.equal(creationProblem({ ...sale, ...changes }), null);
    });
  }

  const header = (fields: object): object => ({ components: [plain, { type: 'HEADER', ...fields }] });
  const withBody = (text: string, example?: object): object => ({ components: [body(text, example)] });
  const refused: readonly (readonly [string, object, number | undefined])[] = [
    ['name in capitals', { name: 'Sale' }, undefined],
    ['name too long', { name: 'x'.repeat(513) }, 2388040],
    ['no language', { language: undefined }, undefined],
    ['language with a dash', { language: 'en-US' }, undefined],
    ['unknown category', { category: 'SALE' }, undefined],
    ['unknown parameter format', { parameter_format: 'FREE' }, undefined],
    ['time to live too short for marketing', { message_send_ttl_seconds: 60 }, undefined],
    ['endless marketing', { message_send_ttl_seconds: -1 }, undefined],
    ['components no list', { components: {} }, undefined],
    ['unknown component', { components: [plain, { type: 'SIDE' }] }, undefined],
    ['authentication without its button', { ...auth, components: code().slice(0, 2) }, undefined],
    ['authentication with a text', { ...auth, components: [plain, ...code().slice(1)] }, 2388072],
    [
      'authentication, 91 minutes',
      { ...auth, components: [{ type: 'FOOTER', code_expiration_minutes: 91 }, ...code().slice(2)] },
      2388073,
    ],
    ['authentication of no known kind', { ...auth, components: code({ otp_type: 'NEW' }) }, undefined],
    ['one-tap without an app', { ...auth, components: code({ otp_type: 'ONE_TAP' }) }, undefined],
    [
      'zero-tap without its terms',
      {
        ...auth,
        components: code({
          otp_type: 'ZERO_TAP',
          supported_apps: [{ package_name: 'a', signature_hash: 'b' }],
        }),
      },
      undefined,
    ],
    ['two bodies', { components: [plain, plain] }, undefined],
    ['no body', { components: [] }, 2388072],
    ['body too long', withBody('x'.repeat(1025)), 2388040],
    ['variable at the start', withBody('{{1}} is on its way', two), 2388299],
    ['variable at the end', withBody('On its way to {{1}}', two), 2388299],
    ['variables side by side', withBody('Dear old {{1}} {{2}} all is well', two), 2388072],
    ['gap in the numbers', withBody('Your order {{2}} is on its way.', two), 2388072],
    ['name instead of a number', withBody('Your order {{order}} is on its way.', two), 2388072],
    ['variables without examples', withBody('Your order {{1}} is on its way.'), 2388072],
    ['more variables than words', withBody('Hi {{1}}, {{2}}, {{3}}, {{4}} all', two), 2388293],
    ['header of no known format', header({ format: 'SONG' }), 2388047],
    ['header without text', header({ format: 'TEXT' }), 2388047],
    ['header too long', header({ format: 'TEXT', text: 'x'.repeat(61) }), 2388040],
    ['header with two variables', header({ format: 'TEXT', text: '{{1}} and {{2}}' }), 2388047],
    ['header variable without example', header({ format: 'TEXT', text: 'Dear {{1}}' }), 2388047],
    ['media header without example', header({ format: 'IMAGE' }), 2388047],
    ['footer too long', { components: [plain, { type: 'FOOTER', text: 'x'.repeat(61) }] }, 2388040],
    ['footer with a variable', { components: [plain, { type: 'FOOTER', text: 'Yours {{1}} ' }] }, 2388073],
    ['no buttons', { components: buttons() }, undefined],
    ['eleven buttons', { components: buttons(...Array.from({ length: 11 }, () => quick('Q'))) }, undefined],
    ['unknown button', { components: buttons({ type: 'BELL', text: 'a' }) }, undefined],
    ['button without text', { components: buttons(quick('')) }, undefined],
    ['button text too long', { components: buttons(quick('x'.repeat(26))) }, 2388040],
    [
      'two phone buttons',
      { components: buttons(...[1, 2].map(() => ({ type: 'PHONE_NUMBER', text: 'a', phone_number: '1' }))) },
      undefined,
    ],
    [
      'phone button without a number',
      { components: buttons({ type: 'PHONE_NUMBER', text: 'a' }) },
      undefined,
    ],
    [
      'phone number too long',
      { components: buttons({ type: 'PHONE_NUMBER', text: 'a', phone_number: '1'.repeat(21) }) },
      2388040,
    ],
    ['link without url', { components: buttons({ type: 'URL', text: 'a' }) }, undefined],
    ['link too long', { components: buttons({ type: 'URL', text: 'a', url: 'x'.repeat(2001) }) }, 2388040],
    [
      'variable in the middle of a link',
      { components: buttons({ type: 'URL', text: 'a', url: 'https://a.b/{{1}}/c' }) },
      undefined,
    ],
    [
      'link variable without example',
      { components: buttons({ type: 'URL', text: 'a', url: 'https://a.b/{{1}}' }) },
      undefined,
    ],
    [
      'quick replies apart',
      { components: buttons(quick('a'), { type: 'COPY_CODE' }, quick('b')) },
      undefined,
    ],
    ['one card', { components: [plain, { type: 'CAROUSEL', cards: [{}] }] }, undefined],
  ];
  for (const [name, changes, subcode] of refused) {
    it(`creation › ${name} › refused${subcode === undefined ? '' : ` with ${subcode}`}`, () => {
      const problem = creationProblem({ ...sale, ...changes });
      assert.ok(problem !== null);
      assert.equal(problem.subcode, subcode);
    });
  }

  it('components › of an edit, named without a name › refused', () => {
    const components = [body('Hi {{1}}, all is well today.', { body_text_named_params: [{}] })];
    assert.equal(componentsProblem({ parameter_format: 'NAMED', components })?.subcode, 2388072);
  });
});
