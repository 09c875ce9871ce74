import assert from 'node:assert/strict';
import {
  checkComponents,
  checkSendTtl,
  parameterFormatOf,
  type ContentCategory,
} from '../../../../src/templates/content/checks/check.ts';
import type {
  TemplateButton,
  TemplateCard,
  TemplateComponentDefinition,
} from '../../../../src/templates/content/definition.ts';
import { needsOf } from '../../../../src/templates/content/needs.ts';

const body: TemplateComponentDefinition = { type: 'BODY', text: 'Hello there.' };
const example = { header_handle: ['4::aW'] };
const image: TemplateComponentDefinition = { type: 'HEADER', format: 'IMAGE', example };
const buttons = (...list: TemplateButton[]): TemplateComponentDefinition => ({
  type: 'BUTTONS',
  buttons: list,
});
const link: TemplateButton = { type: 'URL', text: 'Go', url: 'https://a.test/' };
const coupon: TemplateButton = { type: 'COPY_CODE', example: 'SAVE10' };
const flow: TemplateButton = { type: 'FLOW', text: 'Book', flow_id: '9' };
const otp: TemplateButton = { type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' };
const app = { package_name: 'com.shop', signature_hash: 'K8a/AINcGX7' };
const offer = (text: string, has_expiration?: boolean): TemplateComponentDefinition => ({
  type: 'LIMITED_TIME_OFFER',
  limited_time_offer: { text, has_expiration },
});
const cardOf = (...components: TemplateCard['components']): TemplateCard => ({ components });
const card = cardOf(
  { type: 'HEADER', format: 'VIDEO', example },
  { type: 'BODY', text: 'A card' },
  { type: 'BUTTONS', buttons: [link] },
);
const carousel = (...cards: TemplateCard[]): TemplateComponentDefinition => ({ type: 'CAROUSEL', cards });

const issuesOf = (category: ContentCategory, components: readonly TemplateComponentDefinition[]): string[] =>
  checkComponents(components, category).map(
    ({ path, message }) => `${path.replace('body.components', '')} ${message}`,
  );

describe('template components › all kinds', () => {
  const good: readonly [string, ContentCategory, TemplateComponentDefinition[]][] = [
    ['a picture', 'utility', [image, body]],
    ['a place', 'utility', [{ type: 'HEADER', format: 'LOCATION' }, body]],
    ['a coupon beside a link', 'marketing', [body, buttons(coupon, link)]],
    ['a coupon with a list of samples', 'marketing', [body, buttons({ type: 'COPY_CODE', example: ['A'] })]],
    ['a flow', 'utility', [body, buttons({ ...flow, flow_action: 'navigate', navigate_screen: 'A' })]],
    ['a flow by name', 'utility', [body, buttons({ type: 'FLOW', text: 'Book', flow_name: 'booking' })]],
    ['a catalog', 'marketing', [body, buttons({ type: 'CATALOG', text: 'View catalog' })]],
    ['products', 'marketing', [body, buttons({ type: 'MPM', text: 'View items' })]],
    [
      'a code to copy',
      'authentication',
      [
        { type: 'BODY', add_security_recommendation: true },
        { type: 'FOOTER', code_expiration_minutes: 90 },
        buttons(otp),
      ],
    ],
    [
      'a code in one tap',
      'authentication',
      [
        { type: 'BODY' },
        buttons({ type: 'OTP', otp_type: 'ONE_TAP', autofill_text: 'Fill in', supported_apps: [app] }),
      ],
    ],
    [
      'a code without a tap',
      'authentication',
      [
        { type: 'BODY' },
        buttons({ type: 'OTP', otp_type: 'ZERO_TAP', zero_tap_terms_accepted: true, supported_apps: [app] }),
      ],
    ],
    ['an offer', 'marketing', [image, offer('Only today!', true), body, buttons(coupon, link)]],
    ['an offer without an end', 'marketing', [offer('Only today!'), body, buttons(link)]],
    ['ten cards', 'marketing', [body, carousel(...Array.from({ length: 10 }, () => card))]],
  ];
  for (const [name, category, components] of good) {
    it(`${name} › no issue`, () => {
      assert.deepEqual(issuesOf(category, components), []);
    });
  }

  const only = (type: string) => `.1.buttons A ${type} button must be the only one.`;
  const bad: readonly [string, ContentCategory, TemplateComponentDefinition[], string[]][] = [
    [
      'no text',
      'utility',
      [{ type: 'BODY' }, { type: 'FOOTER' }],
      ['.0.text The text is empty.', '.1.text The text is empty.'],
    ],
    [
      'pictures without a sample',
      'utility',
      [{ type: 'HEADER', format: 'IMAGE' }, body],
      ['.0.example Give the handle of an uploaded sample as header_handle.'],
    ],
    [
      'pictures with an empty sample',
      'utility',
      [{ type: 'HEADER', format: 'IMAGE', example: { header_handle: [] } }, body],
      ['.0.example Give the handle of an uploaded sample as header_handle.'],
    ],
    [
      'a sample that is none',
      'utility',
      [{ type: 'HEADER', format: 'VIDEO', example: undefined }, body],
      ['.0.example Give the handle of an uploaded sample as header_handle.'],
    ],
    [
      'what only codes have',
      'utility',
      [
        { ...body, add_security_recommendation: true } as TemplateComponentDefinition,
        { type: 'FOOTER', text: 'x', code_expiration_minutes: 1 },
      ],
      [
        '.0.add_security_recommendation Allowed only in an authentication template.',
        '.1.code_expiration_minutes Allowed only in an authentication template.',
      ],
    ],
    [
      'kinds that we only read',
      'utility',
      [body, { type: 'OTHER', original: {} }, buttons({ type: 'OTHER', original: {} })],
      ['.1 This type of component is not supported.', '.2.buttons.0 This type of button is not supported.'],
    ],
    [
      'coupons',
      'marketing',
      [body, buttons({ type: 'COPY_CODE' }, { type: 'COPY_CODE', example: 'x'.repeat(21) })],
      [
        '.1.buttons At most one COPY_CODE button is allowed.',
        '.1.buttons.0.example Give a sample of the code.',
        '.1.buttons.1.example The text has 21 characters; 20 are allowed.',
      ],
    ],
    [
      'a flow in two ways, beside a link',
      'utility',
      [body, buttons({ ...flow, flow_name: 'x', flow_action: 'data_exchange', navigate_screen: 'A' }, link)],
      [
        only('FLOW'),
        '.1.buttons.0 Name the flow by exactly one of flow_id, flow_name and flow_json.',
        '.1.buttons.0.navigate_screen Only flow_action navigate opens a screen.',
      ],
    ],
    [
      'a catalog beside products',
      'marketing',
      [body, buttons({ type: 'CATALOG', text: 'A' }, { type: 'MPM', text: 'B' })],
      [only('CATALOG'), only('MPM')],
    ],
    [
      'a code in the wrong category',
      'utility',
      [{ type: 'BODY' }, buttons(otp)],
      ['body.category A template with an OTP button must be of the category authentication.'],
    ],
    [
      'a code without a button',
      'authentication',
      [{ type: 'BODY' }],
      [' An authentication template needs BUTTONS with one OTP button.'],
    ],
    [
      'a text of its own for a code',
      'authentication',
      [body, { type: 'FOOTER', text: 'x' }, image, buttons(otp, link)],
      [
        '.0.text Meta writes this text.',
        '.1.text Meta writes this text.',
        '.1.code_expiration_minutes Must be a whole number of minutes from 1 to 90.',
        '.2 An authentication template has no HEADER.',
        '.3.buttons A OTP button must be the only one.',
        '.3.buttons.1 Only an OTP button is allowed here.',
      ],
    ],
    [
      'minutes',
      'authentication',
      [{ type: 'BODY' }, { type: 'FOOTER', code_expiration_minutes: 1.5 }, buttons(otp)],
      ['.1.code_expiration_minutes Must be a whole number of minutes from 1 to 90.'],
    ],
    [
      'a code in one tap without an app',
      'authentication',
      [{ type: 'BODY' }, buttons({ type: 'OTP', otp_type: 'ZERO_TAP', text: 'x'.repeat(26) })],
      [
        '.1.buttons.0.text The text has 26 characters; 25 are allowed.',
        '.1.buttons.0.supported_apps Name at least one app that takes the code.',
        '.1.buttons.0.zero_tap_terms_accepted Accept the terms of zero-tap.',
      ],
    ],
    [
      'an offer that is not marketing',
      'utility',
      [offer('Only today!'), body, buttons(link)],
      ['body.category A template with LIMITED_TIME_OFFER must be of the category marketing.'],
    ],
    [
      'an offer with all that it cannot have',
      'marketing',
      [
        { type: 'HEADER', format: 'DOCUMENT', example },
        offer('x'.repeat(17), true),
        { type: 'BODY', text: 'x'.repeat(601) },
        { type: 'FOOTER', text: 'x' },
      ],
      [
        '.1.limited_time_offer.text The text has 17 characters; 16 are allowed.',
        '.1 The HEADER of an offer must be an IMAGE or a VIDEO.',
        '.1 An offer may not have a FOOTER.',
        '.1 An offer needs a URL button.',
        '.1 An offer that expires needs a COPY_CODE button.',
        '.2.text The text has 601 characters; 600 are allowed.',
      ],
    ],
    [
      'a coupon after the link of an offer',
      'marketing',
      [offer('x'), body, buttons(link, coupon)],
      ['.0 The COPY_CODE button of an offer must come first.'],
    ],
    ['no cards', 'marketing', [body, carousel()], ['.1.cards A carousel needs at least 2 cards.']],
    [
      'eleven cards beside a footer',
      'marketing',
      [body, { type: 'FOOTER', text: 'x' }, carousel(...Array.from({ length: 11 }, () => card))],
      ['.2.cards There are 11 cards; 10 are allowed.', '.2 A FOOTER is not allowed with a CAROUSEL.'],
    ],
    [
      'cards that differ',
      'marketing',
      [
        body,
        carousel(
          card,
          cardOf(
            { type: 'HEADER', format: 'IMAGE', example },
            { type: 'BODY', text: 'A card' },
            { type: 'BUTTONS', buttons: [link] },
          ),
        ),
      ],
      ['.1.cards All cards must have the same parts and the same kinds of buttons.'],
    ],
    [
      'a card with all that it cannot have',
      'marketing',
      [
        body,
        carousel(
          cardOf(
            { type: 'BODY' },
            { type: 'BODY', text: 'x'.repeat(161) },
            { type: 'OTHER', original: {} },
            { type: 'BUTTONS', buttons: [link, { type: 'QUICK_REPLY', text: 'A' }, coupon] },
          ),
        ),
      ],
      [
        '.1.cards A carousel needs at least 2 cards.',
        '.1.cards.0.components A card needs a HEADER with an IMAGE or a VIDEO.',
        '.1.cards.0.components.0.text The text is empty.',
        '.1.cards.0.components.1 Only one BODY is allowed.',
        '.1.cards.0.components.1.text The text has 161 characters; 160 are allowed.',
        '.1.cards.0.components.2 This type of component is not supported.',
        '.1.cards.0.components.3.buttons A card may have 2 buttons.',
        '.1.cards.0.components.3.buttons.2 A card may not have a COPY_CODE button.',
      ],
    ],
    [
      'a card without buttons',
      'marketing',
      [body, carousel(cardOf({ type: 'HEADER', format: 'TEXT', text: 'x' }))],
      [
        '.1.cards A carousel needs at least 2 cards.',
        '.1.cards.0.components A card needs a HEADER with an IMAGE or a VIDEO.',
        '.1.cards.0.components A card needs BUTTONS.',
      ],
    ],
    [
      'names in the body and positions in a card',
      'marketing',
      [
        { type: 'BODY', text: 'Hi {{name}}!' },
        carousel(
          cardOf(
            { type: 'HEADER', format: 'IMAGE', example },
            { type: 'BODY', text: 'For {{1}} now' },
            { type: 'BUTTONS', buttons: [link] },
          ),
        ),
      ],
      [
        '.1.cards A carousel needs at least 2 cards.',
        ' Header and body must both use positions, or both names.',
      ],
    ],
  ];
  for (const [name, category, components, expected] of bad) {
    it(`${name} › named with its path`, () => {
      assert.deepEqual(issuesOf(category, components), expected);
    });
  }
});

describe('template components › rules around them', () => {
  it('parameter format › named as soon as one variable has a name', () => {
    assert.equal(parameterFormatOf([body]), 'positional');
    assert.equal(parameterFormatOf([{ type: 'BODY', text: 'Hi {{1}}!' }]), 'positional');
    assert.equal(
      parameterFormatOf([{ type: 'BODY' }, { type: 'HEADER', format: 'TEXT', text: '{{shop}}' }]),
      'named',
    );
  });

  for (const [seconds, category, isGood] of [
    [undefined, 'utility', true],
    [-1, 'authentication', true],
    [-1, 'utility', true],
    [-1, 'marketing', false],
    [29, 'utility', false],
    [30, 'authentication', true],
    [900, 'authentication', true],
    [901, 'authentication', false],
    [43_200, 'utility', true],
    [43_201, 'utility', false],
    [43_199, 'marketing', false],
    [2_592_000, 'marketing', true],
  ] as const) {
    it(`${seconds} s time to live for ${category} › ${isGood ? 'fine' : 'refused'}`, () => {
      assert.equal(checkSendTtl(seconds, category).length, isGood ? 0 : 1);
    });
  }

  it('the variables of a send › listed for every kind', () => {
    const nothing = { headerFormat: null, header: [], body: [], buttons: [] };
    const rest = { cards: [], offerExpiresAt: false, code: false };
    assert.deepEqual(needsOf([]), { ...nothing, ...rest });
    assert.deepEqual(needsOf([{ type: 'HEADER', format: 'TEXT', text: 'x' }, body]), { ...nothing, ...rest });
    assert.deepEqual(needsOf([{ type: 'HEADER', format: 'TEXT', text: '{{a}}' }]), {
      ...{ ...nothing, headerFormat: 'TEXT', header: ['a'] },
      ...rest,
    });
    assert.deepEqual(needsOf([image, { type: 'BODY', text: 'Hi {{1}}!' }, buttons(link, coupon)]), {
      ...{ headerFormat: 'IMAGE', header: [], body: ['1'], buttons: ['1'] },
      ...rest,
    });
    const items: TemplateButton = { type: 'MPM', text: 'x' };
    const track: TemplateButton = { type: 'URL', text: 'x', url: 'https://a.test/{{1}}' };
    assert.deepEqual(needsOf([{ type: 'BODY' }, buttons(items, track)]).buttons, ['0', '1']);
    assert.deepEqual(needsOf([{ type: 'BODY' }, buttons(otp)]), { ...nothing, ...rest, code: true });
    assert.deepEqual(needsOf([offer('x', true), carousel(card)]), {
      ...nothing,
      cards: [{ ...nothing, headerFormat: 'VIDEO' }],
      offerExpiresAt: true,
      code: false,
    });
  });
});
