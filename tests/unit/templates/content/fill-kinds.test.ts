import assert from 'node:assert/strict';
import type {
  TemplateButton,
  TemplateCard,
  TemplateComponentDefinition,
} from '../../../../src/templates/content/definition.ts';
import {
  fillTemplate,
  offerEndIssues,
  type FilledTemplate,
} from '../../../../src/templates/content/rules.ts';
import type { TemplateVariables } from '../../../../src/templates/content/variables.ts';

const body: TemplateComponentDefinition = { type: 'BODY', text: 'Hello there.' };
const buttons = (...list: TemplateButton[]): TemplateComponentDefinition => ({
  type: 'BUTTONS',
  buttons: list,
});
function filled(definitions: TemplateComponentDefinition[], variables: TemplateVariables): FilledTemplate {
  const result = fillTemplate(definitions, variables);
  assert.ok(result.ok, JSON.stringify(result));
  return result.filled;
}

function issuesOf(definitions: TemplateComponentDefinition[], variables: unknown): string[] {
  const result = fillTemplate(definitions, variables as TemplateVariables);
  assert.ok(!result.ok, 'it was filled');
  return result.issues.map(({ path, message }) => `${path.replace('body.variables.', '')}: ${message}`);
}

const coupon: TemplateButton = { type: 'COPY_CODE', example: 'SAVE10' };

describe('filled template › codes', () => {
  const otp = buttons({ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy it' });
  const advised: TemplateComponentDefinition = { type: 'BODY', add_security_recommendation: true };
  const expiring: TemplateComponentDefinition = { type: 'FOOTER', code_expiration_minutes: 5 };

  it('an authentication template › the code goes to the text and to the first button', () => {
    const { components, text, shown } = filled([advised, expiring, otp], { code: '123456' });
    const parameters = [{ type: 'text', text: '123456' }];
    assert.deepEqual(components, [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'url', index: '0', parameters },
    ]);
    const expected = '123456 is your verification code. For your security, do not share this code.';
    assert.equal(text, `${expected}\nThis code expires in 5 minutes.`);
    assert.deepEqual(shown.buttons, [{ type: 'OTP', text: 'Copy it', payload: '123456' }]);
  });

  it('as read back from Meta › its text and its URL button', () => {
    const url = 'https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}';
    const back: TemplateComponentDefinition[] = [
      { type: 'BODY', text: '*{{1}}* ist dein Code.', add_security_recommendation: false },
      { type: 'FOOTER', text: 'Gilt 5 Minuten.', code_expiration_minutes: 5 },
      buttons({ type: 'URL', text: 'Kopieren', url }),
    ];
    const { components, text } = filled(back, { code: '$&1' });
    assert.equal(text, '*$&1* ist dein Code.\nGilt 5 Minuten.');
    assert.equal(components.length, 2);
  });

  it('without advice, minutes and label › still a text', () => {
    const plain: TemplateComponentDefinition[] = [
      { type: 'BODY' },
      buttons({ type: 'OTP', otp_type: 'COPY_CODE' }),
    ];
    const { text, shown } = filled(plain, { code: '1' });
    assert.equal(text, '1 is your verification code.');
    assert.equal(shown.buttons[0]?.text, 'Copy code');
    assert.equal(filled([...plain, { type: 'FOOTER' }], { code: '1' }).text, text);
    const odd = buttons({ type: 'OTP', otp_type: 'COPY_CODE' }, coupon);
    assert.equal(filled([odd], { code: '1' }).shown.buttons[1]?.text, 'Copy code');
  });

  for (const [given, expected] of [
    [{}, ['code: This code is missing.']],
    [{ code: ' ' }, ['code: This code is empty.']],
    [
      { code: '1\n2' },
      ['code: This code may have no line breaks, no tabs and no more than 4 spaces in a row.'],
    ],
    [{ code: '1'.repeat(16) }, ['code: At most 15 characters are allowed.']],
    [{ code: 'http://a.test' }, ['code: A code may not contain an address or an emoji.']],
    [{ code: 'shop.example' }, ['code: A code may not contain an address or an emoji.']],
    [{ code: '12🔑' }, ['code: A code may not contain an address or an emoji.']],
    [{ code: '1️⃣' }, ['code: A code may not contain an address or an emoji.']],
    [{ code: '🇩🇪' }, ['code: A code may not contain an address or an emoji.']],
    [{ code: '1', body: ['1'] }, ['body: An authentication template takes only `code`.']],
  ] as const) {
    it(`${JSON.stringify(given)} › refused`, () => {
      assert.deepEqual(issuesOf([advised, otp], given), expected);
    });
  }

  it('digits, letters and dashes › a code', () => {
    for (const code of ['0#*', 'AB-12.34', 'ÄÖ']) assert.ok(fillTemplate([advised, otp], { code }).ok, code);
  });

  it('a code for another template › refused', () => {
    assert.deepEqual(issuesOf([body], { code: '1' }), ['code: The template takes no code.']);
  });
});

describe('filled template › offers and carousels', () => {
  const offer = (has_expiration?: boolean): TemplateComponentDefinition => ({
    type: 'LIMITED_TIME_OFFER',
    limited_time_offer: { text: 'Only today!', has_expiration },
  });
  const expiresAt = new Date('2027-01-01T00:00:00Z');

  it('an offer that expires › its end in milliseconds, before the buttons', () => {
    const { components, shown } = filled([offer(true), body, buttons(coupon)], {
      offerExpiresAt: expiresAt,
      buttons: { 0: 'A' },
    });
    assert.deepEqual(components[0], {
      type: 'limited_time_offer',
      parameters: [
        { type: 'limited_time_offer', limited_time_offer: { expiration_time_ms: 1_798_761_600_000 } },
      ],
    });
    assert.deepEqual(shown.offer, { text: 'Only today!', expiresAt });
  });

  it('an offer without an end › accepts none', () => {
    assert.deepEqual(filled([offer(), body], {}).shown.offer, { text: 'Only today!', expiresAt: null });
    const none = ['offerExpiresAt: The template has no offer that expires.'];
    assert.deepEqual(issuesOf([offer(false), body], { offerExpiresAt: expiresAt }), none);
    assert.deepEqual(issuesOf([body], { offerExpiresAt: expiresAt }), none);
    assert.deepEqual(issuesOf([offer(true), body], {}), [
      'offerExpiresAt: The expiry time of the offer is missing.',
    ]);
  });

  it('an end before the message can be sent › named; none, or a later one › accepted', () => {
    const at = new Date(expiresAt.getTime() - 1);
    assert.deepEqual(offerEndIssues({}, at), []);
    assert.deepEqual(offerEndIssues({ offerExpiresAt: expiresAt }, at), []);
    const [issue] = offerEndIssues({ offerExpiresAt: expiresAt }, expiresAt);
    assert.equal(issue?.path, 'body.variables.offerExpiresAt');
  });

  it('the body of an offer › at most 600 characters', () => {
    const long: TemplateComponentDefinition = { type: 'BODY', text: 'Hi {{1}}' };
    assert.deepEqual(issuesOf([offer(), long], { body: ['x'.repeat(598)] }), [
      'body: The filled body has 601 characters; 600 are allowed.',
    ]);
  });

  const card = (text?: string): TemplateCard => ({
    components: [
      { type: 'HEADER', format: 'IMAGE' },
      ...(text === undefined ? [] : [{ type: 'BODY' as const, text }]),
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'More' },
          { type: 'URL', text: 'Buy', url: 'https://a.test/{{1}}' },
        ],
      },
    ],
  });
  const carousel: TemplateComponentDefinition = { type: 'CAROUSEL', cards: [card('For {{1}} now'), card()] };

  it('a carousel › one entry for each card with all its parts', () => {
    const { components, text, shown } = filled([body, carousel], {
      cards: [
        { header: { mediaId: '1' }, body: ['Ana'], buttons: { 0: 'p', 1: 'x' } },
        { header: { link: 'https://a.test/2' }, buttons: { 1: 'y' } },
      ],
    });
    assert.deepEqual(components, [
      {
        type: 'carousel',
        cards: [
          {
            card_index: 0,
            components: [
              { type: 'header', parameters: [{ type: 'image', image: { id: '1' } }] },
              { type: 'body', parameters: [{ type: 'text', text: 'Ana' }] },
              {
                type: 'button',
                sub_type: 'quick_reply',
                index: '0',
                parameters: [{ type: 'payload', payload: 'p' }],
              },
              { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'x' }] },
            ],
          },
          {
            card_index: 1,
            components: [
              { type: 'header', parameters: [{ type: 'image', image: { link: 'https://a.test/2' } }] },
              { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'y' }] },
            ],
          },
        ],
      },
    ]);
    assert.equal(text, 'Hello there.\nFor Ana now');
    assert.deepEqual(
      shown.cards.map(({ header, text: words }) => [header?.mediaId, header?.link, words]),
      [
        ['1', undefined, 'For Ana now'],
        [undefined, 'https://a.test/2', ''],
      ],
    );
    assert.equal(shown.cards[1]?.buttons[1]?.target, 'https://a.test/y');
  });

  it('a card without buttons, or with a kind that no card has › still filled', () => {
    const odd: TemplateComponentDefinition = {
      type: 'CAROUSEL',
      cards: [
        { components: [] },
        { components: [{ type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] }] },
      ],
    };
    const { shown } = filled([odd], {});
    assert.deepEqual(
      shown.cards.map((each) => each.buttons),
      [[], [{ type: 'OTP', text: 'Copy code' }]],
    );
  });

  it('several errors in cards › all named at once', () => {
    assert.deepEqual(
      issuesOf([body, carousel], {
        cards: [{}, { header: { mediaId: '1' }, buttons: { 1: 'x', 5: 'x' } }, {}],
      }),
      [
        'cards.0.header: The IMAGE of the header is missing: give mediaId or link.',
        'cards.0.body.1: This variable is missing.',
        'cards.0.buttons.1: This variable is missing.',
        'cards.1.buttons.5: The template has no such button.',
        'cards.2: The template has no such card.',
      ],
    );
    assert.equal(issuesOf([body, carousel], {}).length, 5);
    assert.deepEqual(issuesOf([body], { cards: [{}] }), ['cards.0: The template has no such card.']);
    const long = { header: { mediaId: '1' }, body: ['x'.repeat(160)], buttons: { 1: 'x' } };
    assert.deepEqual(issuesOf([{ type: 'CAROUSEL', cards: [card('For {{1}} now')] }], { cards: [long] }), [
      'cards.0.body: The filled body has 168 characters; 160 are allowed.',
    ]);
  });
});
