import assert from 'node:assert/strict';
import type { TemplateComponentDefinition } from '../../../../src/templates/content/definition.ts';
import { toReviewForm } from '../../../../src/templates/content/samples.ts';

const formOf = (component: TemplateComponentDefinition): object | undefined => toReviewForm([component])[0];

describe('template components › as submitted for review', () => {
  it('variables without samples › get some, by position or by name', () => {
    assert.deepEqual(formOf({ type: 'HEADER', format: 'TEXT', text: 'For {{1}}' }), {
      ...{ type: 'HEADER', format: 'TEXT', text: 'For {{1}}' },
      example: { header_text: ['sample 1'] },
    });
    assert.deepEqual(formOf({ type: 'HEADER', format: 'TEXT', text: 'For {{first_name}}' }), {
      ...{ type: 'HEADER', format: 'TEXT', text: 'For {{first_name}}' },
      example: { header_text_named_params: [{ param_name: 'first_name', example: 'sample first name' }] },
    });
    assert.deepEqual(formOf({ type: 'BODY', text: '{{2}} and {{1}}' }), {
      ...{ type: 'BODY', text: '{{2}} and {{1}}' },
      example: { body_text: [['sample 1', 'sample 2']] },
    });
    assert.deepEqual(formOf({ type: 'BODY', text: 'Hi {{name}}' }), {
      ...{ type: 'BODY', text: 'Hi {{name}}' },
      example: { body_text_named_params: [{ param_name: 'name', example: 'sample name' }] },
    });
    const button = { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}' } as const;
    assert.deepEqual(formOf({ type: 'BUTTONS', buttons: [button] }), {
      type: 'BUTTONS',
      buttons: [{ ...button, example: ['https://a.test/sample'] }],
    });
  });

  for (const component of [
    { type: 'HEADER', format: 'TEXT', text: '{{1}}', example: { header_text: ['x'] } },
    { type: 'HEADER', format: 'TEXT', text: 'plain' },
    { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4::x'] } },
    { type: 'BODY', text: 'Hi {{1}}!', example: { body_text: [['x']] } },
    { type: 'BODY', text: 'plain' },
    { type: 'BODY' },
    { type: 'FOOTER', text: 'x' },
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'x' } },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}', example: ['x'] },
        { type: 'URL', text: 'Home', url: 'https://a.test/' },
        { type: 'QUICK_REPLY', text: 'Yes' },
      ],
    },
  ] as const satisfies readonly TemplateComponentDefinition[]) {
    it(`${JSON.stringify(component)} › unchanged`, () => {
      assert.deepEqual(formOf(component), component);
    });
  }

  it('cards › the same for their parts', () => {
    const body = { type: 'BODY', text: 'For {{1}} now' } as const;
    assert.deepEqual(formOf({ type: 'CAROUSEL', cards: [{ components: [body] }] }), {
      type: 'CAROUSEL',
      cards: [{ components: [{ ...body, example: { body_text: [['sample 1']] } }] }],
    });
  });

  it('unknown parts that were read › returned unchanged', () => {
    const original = { type: 'NEW', x: 1 };
    assert.deepEqual(formOf({ type: 'OTHER', original }), original);
    assert.deepEqual(formOf({ type: 'BUTTONS', buttons: [{ type: 'OTHER', original }] }), {
      type: 'BUTTONS',
      buttons: [original],
    });
  });

  it('the provider’s own text of an authentication template › omitted', () => {
    const buttons = { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] } as const;
    const read = [
      { type: 'BODY', text: '*{{1}}* is …', add_security_recommendation: true },
      { type: 'FOOTER', text: 'In 5 minutes', code_expiration_minutes: 5 },
    ] as const;
    assert.deepEqual(toReviewForm([...read, buttons]), [
      { type: 'BODY', add_security_recommendation: true },
      { type: 'FOOTER', code_expiration_minutes: 5 },
      buttons,
    ]);
  });
});
