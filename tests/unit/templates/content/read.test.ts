import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TemplateComponentDefinition } from '../../../../src/templates/content/definition.ts';
import { isSameContent, readComponents } from '../../../../src/templates/content/read.ts';
import { starterTemplates } from '../../../../src/templates/content/starters.ts';

const readOne = (given: unknown): TemplateComponentDefinition | undefined => readComponents([given])[0];
const readButtons = (...buttons: unknown[]): unknown => {
  const read = readOne({ type: 'BUTTONS', buttons });
  return read?.type === 'BUTTONS' ? read.buttons : null;
};

describe('template components › as returned by the provider', () => {
  const known: readonly TemplateComponentDefinition[] = [
    { type: 'HEADER', format: 'TEXT', text: 'For {{1}}', example: { header_text: ['x'] } },
    { type: 'HEADER', format: 'LOCATION' },
    {
      type: 'BODY',
      text: '*{{1}}* is …',
      add_security_recommendation: true,
      example: { body_text: [['1']] },
    },
    { type: 'BODY' },
    { type: 'FOOTER', text: 'In 5 minutes', code_expiration_minutes: 5 },
    { type: 'FOOTER' },
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Today!', has_expiration: true } },
    {
      type: 'CAROUSEL',
      cards: [
        {
          components: [
            { type: 'HEADER', format: 'VIDEO' },
            { type: 'BODY', text: 'A card' },
            { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Yes' }] },
          ],
        },
      ],
    },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Yes' },
        { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}', example: ['https://a.test/x'] },
        { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550001000' },
        { type: 'COPY_CODE', example: 'A' },
        { type: 'COPY_CODE', example: ['A'] },
        { type: 'FLOW', text: 'Book', flow_id: '9', flow_action: 'navigate', navigate_screen: 'START' },
        { type: 'FLOW', text: 'Book', flow_name: 'booking', flow_action: 'data_exchange' },
        { type: 'CATALOG', text: 'View' },
        { type: 'MPM', text: 'View' },
        {
          ...{
            type: 'OTP',
            otp_type: 'ONE_TAP',
            text: 'Copy',
            autofill_text: 'Fill',
            zero_tap_terms_accepted: true,
          },
          supported_apps: [{ package_name: 'a', signature_hash: 'b' }],
        },
        { type: 'OTP', otp_type: 'COPY_CODE' },
      ],
    },
  ];
  for (const component of known) {
    it(`${component.type} ${JSON.stringify(component).slice(0, 40)} › the same`, () => {
      assert.deepEqual(readOne(component), component);
    });
  }

  it('any case of the kinds, numbers as ids › read', () => {
    assert.deepEqual(
      readOne({ type: 'header', format: 'image', example: { header_handle: ['https://cdn'] } }),
      {
        ...{ type: 'HEADER', format: 'IMAGE' },
      },
    );
    assert.deepEqual(readButtons({ type: 'flow', flow_id: 9 }, { type: 'otp', otp_type: 'zero_tap' }), [
      { type: 'FLOW', text: '', flow_id: '9' },
      { type: 'OTP', otp_type: 'ZERO_TAP' },
    ]);
    assert.deepEqual(readOne({ type: 'buttons' }), { type: 'BUTTONS', buttons: [] });
    assert.deepEqual(readOne({ type: 'carousel', cards: [{}] }), {
      type: 'CAROUSEL',
      cards: [{ components: [] }],
    });
  });

  it('unknown or incomplete components › unchanged', () => {
    for (const original of [
      { type: 'CALL_PERMISSION_REQUEST' },
      {},
      { type: 'HEADER', format: 'GIF' },
      { type: 'HEADER', format: 'TEXT' },
      { type: 'LIMITED_TIME_OFFER' },
      { type: 'LIMITED_TIME_OFFER', limited_time_offer: {} },
    ]) {
      assert.deepEqual(readOne(original), { type: 'OTHER', original });
    }
    const buttons = [
      { type: 'VOICE_CALL', text: 'Call' },
      { type: 'URL', text: 'Go' },
      { type: 'PHONE_NUMBER', text: 'Call' },
      { type: 'OTP', otp_type: 'NEW' },
    ];
    assert.deepEqual(
      readButtons(...buttons),
      buttons.map((original) => ({ type: 'OTHER', original })),
    );
    const footer = { type: 'FOOTER', text: 'x' } as const;
    assert.deepEqual(readOne({ type: 'CAROUSEL', cards: [{ components: [footer, { type: 'NEW' }] }] }), {
      type: 'CAROUSEL',
      cards: [
        {
          components: [
            { type: 'OTHER', original: footer },
            { type: 'OTHER', original: { type: 'NEW' } },
          ],
        },
      ],
    });
  });

  it('any value › never throws, and omits what is not an object', () => {
    fc.assert(fc.property(fc.array(fc.jsonValue()), (given) => readComponents(given).length <= given.length));
    assert.deepEqual(readComponents([null, 'x', 1, []]), []);
  });

  it('reading twice › the same result', () => {
    for (const { components } of starterTemplates) {
      assert.ok(isSameContent(readComponents(components), components));
    }
    assert.ok(isSameContent(readComponents(known), known));
  });

  it('content › equal without samples and in any field order, different with another text', () => {
    const one = [{ type: 'BODY', text: 'a', example: { body_text: [['x']] } }] as const;
    assert.ok(isSameContent(one, [{ text: 'a', type: 'BODY' }]));
    assert.ok(!isSameContent(one, [{ type: 'BODY', text: 'b' }]));
    assert.ok(!isSameContent(one, []));
  });
});
