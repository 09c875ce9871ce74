import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Types } from 'mongoose';
import {
  withStoredParts,
  isAuthentication,
  withoutShownTexts,
} from '../../../../src/templates/content/authentication.ts';
import { checkComponents, type ContentCategory } from '../../../../src/templates/content/checks/check.ts';
import type { OtpButton, TemplateComponentDefinition } from '../../../../src/templates/content/definition.ts';
import { isSameContent, readComponents } from '../../../../src/templates/content/read.ts';
import { fillTemplate } from '../../../../src/templates/content/rules.ts';
import { toReviewForm } from '../../../../src/templates/content/samples.ts';
import { planSync } from '../../../../src/templates/sync/rules.ts';
import type { TemplateDoc } from '../../../../src/templates/store/model.ts';

type Definitions = readonly TemplateComponentDefinition[];
type Given = Readonly<Record<string, unknown>>;

/** The components as Meta returns them, written independently from its pages and not from the product's code. */
function asMetaGivesBack(review: readonly object[]): unknown[] {
  const given = structuredClone(review) as Given[];
  const isCode = JSON.stringify(given).includes('"OTP"');
  return given.map((part) => {
    if (part['type'] === 'HEADER' && 'example' in part && part['format'] !== 'TEXT') {
      return { ...part, example: { header_handle: ['https://scontent.whatsapp.net/soon-over'] } };
    }
    if (!isCode) return part;
    if (part['type'] === 'BODY') {
      const advice = part['add_security_recommendation'] === true ? ' Não compartilhe.' : '';
      return { ...part, text: `Seu código é *{{1}}*.${advice}`, example: { body_text: [['123456']] } };
    }
    if (part['type'] === 'FOOTER') {
      return { ...part, text: `O código expira em ${String(part['code_expiration_minutes'])} minutos.` };
    }
    const [button = {}] = part['buttons'] as Given[];
    const [app] = (button['supported_apps'] ?? []) as { package_name: string; signature_hash: string }[];
    const address = new URL('https://www.whatsapp.com/otp/code/');
    address.searchParams.set('otp_type', String(button['otp_type']));
    const fill = button['autofill_text'];
    if (typeof fill === 'string') address.searchParams.set('cta_display_name', fill);
    if (app !== undefined) {
      address.searchParams.set('package_name', app.package_name);
      address.searchParams.set('signature_hash', app.signature_hash);
    }
    const url = `${address.href}&code=otp{{1}}`;
    const text = button['text'] ?? 'Copiar código';
    return { type: 'BUTTONS', buttons: [{ type: 'URL', text, url, example: [url.replace('{{1}}', '1')] }] };
  });
}

const word = fc.stringMatching(/^[A-Za-z][a-z]{2,12}$/);
const label = fc.stringMatching(/^[A-Z][a-z ]{1,18}[a-z]$/);
const maybe = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: undefined });
/** Without the fields that are undefined, as JSON would have it. */
const clean = <Value>(of: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  of.map((value) => JSON.parse(JSON.stringify(value)) as Value);

const bodyText = fc.array(fc.tuple(word, fc.boolean()), { minLength: 1, maxLength: 5 }).map((parts) => {
  let count = 0;
  return `${parts.map(([text, has]) => (has ? `${text} {{${(count += 1)}}}` : text)).join(' and ')} so be it.`;
});
const media = (...formats: readonly ('IMAGE' | 'VIDEO' | 'DOCUMENT')[]) =>
  fc.constantFrom(...formats).map((format) => ({
    ...({ type: 'HEADER', format, example: { header_handle: ['4::aW'] } } as const),
  }));
const header = fc.oneof(
  word.map((text) => ({ type: 'HEADER', format: 'TEXT', text: `${text} {{1}}` }) as const),
  media('IMAGE', 'VIDEO', 'DOCUMENT'),
  fc.constant({ type: 'HEADER', format: 'LOCATION' } as const),
);
const link = word.map(
  (host) => ({ type: 'URL', text: 'Open it', url: `https://${host}.example/{{1}}` }) as const,
);
const plainButtons = fc.oneof(
  fc
    .uniqueArray(label, { minLength: 1, maxLength: 10, selector: (text) => text.trim() })
    .map((texts) => texts.map((text) => ({ type: 'QUICK_REPLY', text: text.trim() }) as const)),
  fc
    .tuple(link, word)
    .map(([url, example]) => [
      { type: 'COPY_CODE', example } as const,
      url,
      { type: 'PHONE_NUMBER', text: 'Call us', phone_number: '+15550001000' } as const,
    ]),
  fc.constantFrom('CATALOG' as const, 'MPM' as const).map((type) => [{ type, text: 'See it' }] as const),
  fc.constantFrom(
    ...(
      [
        { type: 'FLOW', text: 'Book', flow_id: '77', flow_action: 'navigate', navigate_screen: 'A' },
        { type: 'FLOW', text: 'Book', flow_name: 'booking', flow_action: 'data_exchange' },
      ] as const
    ).map((flow) => [flow]),
  ),
);

const plain = fc
  .record({ header: maybe(header), text: bodyText, footer: maybe(label), buttons: maybe(plainButtons) })
  .map((parts): Definitions => [
    ...(parts.header === undefined ? [] : [parts.header]),
    { type: 'BODY', text: parts.text },
    ...(parts.footer === undefined ? [] : [{ type: 'FOOTER', text: parts.footer } as const]),
    ...(parts.buttons === undefined ? [] : [{ type: 'BUTTONS', buttons: parts.buttons } as const]),
  ]);

const carousel = fc
  .tuple(bodyText, fc.array(bodyText, { minLength: 2, maxLength: 10 }), media('IMAGE', 'VIDEO'))
  .map(([text, cards, picture]): Definitions => [
    { type: 'BODY', text },
    {
      type: 'CAROUSEL',
      cards: cards.map((card) => ({
        components: [
          picture,
          { type: 'BODY', text: card },
          { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Yes' }] },
        ],
      })),
    },
  ]);

const offer = fc
  .tuple(bodyText, fc.boolean(), link, word)
  .map(([text, expires, url, example]): Definitions => [
    { type: 'LIMITED_TIME_OFFER', limited_time_offer: { text: 'Ends soon', has_expiration: expires } },
    { type: 'BODY', text },
    { type: 'BUTTONS', buttons: [{ type: 'COPY_CODE', example }, url] },
  ]);

const app = fc.record({
  package_name: fc.stringMatching(/^[a-z]{2,8}\.[a-z]{2,8}$/),
  signature_hash: fc.stringMatching(/^[A-Za-z0-9+/]{11}$/),
});
const apps = fc.uniqueArray(app, { minLength: 1, maxLength: 5, selector: ({ package_name: name }) => name });
const otp = fc
  .record({
    type: fc.constantFrom('COPY_CODE' as const, 'ONE_TAP' as const, 'ZERO_TAP' as const),
    text: maybe(word),
    fill: maybe(word),
    apps,
  })
  .map(({ type, text, fill, apps: supported }): OtpButton => ({
    ...{ type: 'OTP', otp_type: type, text },
    ...(type === 'COPY_CODE' ? {} : { autofill_text: fill }),
    ...(type === 'ZERO_TAP' ? { zero_tap_terms_accepted: true } : {}),
    ...(type === 'COPY_CODE' ? {} : { supported_apps: supported }),
  }));
const authentication = fc
  .record({ advice: maybe(fc.boolean()), minutes: maybe(fc.integer({ min: 1, max: 90 })), otp })
  .map(({ advice, minutes, otp: button }): Definitions => [
    { type: 'BODY', add_security_recommendation: advice },
    ...(minutes === undefined ? [] : [{ type: 'FOOTER', code_expiration_minutes: minutes } as const]),
    { type: 'BUTTONS', buttons: [button] },
  ]);

const kinds: readonly (readonly [ContentCategory, string, fc.Arbitrary<Definitions>])[] = [
  ['utility', 'plain', plain],
  ['marketing', 'carousel', carousel],
  ['marketing', 'offer', offer],
  ['authentication', 'authentication', authentication],
];

const templateOf = (components: Definitions, category: ContentCategory): TemplateDoc => ({
  ...{ _id: new Types.ObjectId(), clientId: new Types.ObjectId(), channelId: new Types.ObjectId() },
  ...{ name: 'a', language: 'pt_BR', category, components, status: 'pending', providerTemplateId: '7' },
  ...{ createdAt: new Date(0), version: 1 },
});

/** The result of a synchronisation. */
function synced(template: TemplateDoc, given: readonly unknown[]): Definitions {
  const category = template.category.toUpperCase();
  const theirs = { id: '7', name: 'a', language: 'pt_BR', status: 'APPROVED', category, components: given };
  const options = { startedAt: new Date(0), isComplete: true };
  const { found, added } = planSync([template], [theirs], options);
  assert.equal(added.length, 0);
  return found[0]?.changes.components ?? template.components;
}

describe('template components › written, reviewed and read back', () => {
  for (const [category, name, definitions] of kinds) {
    it(`${name} › nothing of the author’s content is lost, and it is valid`, () => {
      fc.assert(
        fc.property(clean(definitions), (written) => {
          assert.deepEqual(checkComponents(written, category), [], 'the generator makes what is allowed');
          const review = toReviewForm(written);
          const given = asMetaGivesBack(review);
          const template = templateOf(written, category);
          const read = synced(template, given);
          // Edited as shown, resubmitted, sent: the same results.
          assert.equal(synced({ ...template, components: read }, given), read);
          assert.deepEqual(checkComponents(withoutShownTexts(read, read), category), []);
          assert.deepEqual(withoutDefaults(toReviewForm(read)), withoutDefaults(review));
          const code = { code: '123456' };
          const variables = isAuthentication(written) ? code : {};
          const [before, after] = [fillTemplate(written, variables), fillTemplate(read, variables)];
          assert.equal(before.ok, after.ok);
          if (before.ok && after.ok) assert.deepEqual(after.filled.components, before.filled.components);
          if (!isAuthentication(written)) assert.ok(isSameContent(readComponents(given), written));
        }),
      );
    });
  }

  /** Meta uses its own button text if the author gave none. */
  function withoutDefaults(review: readonly object[]): unknown {
    return JSON.parse(
      JSON.stringify(review, (_key, value: unknown) => (value === 'Copiar código' ? undefined : value)),
    );
  }

  const address = (rest: string) => `https://www.whatsapp.com/otp/code/?${rest}&code=otp{{1}}`;
  const readButton = (url: string) => {
    const [part] = readComponents([{ type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copiar', url }] }]);
    return part?.type === 'BUTTONS' ? part.buttons[0] : undefined;
  };

  it('the address behind a code button › the button; of an unknown kind › unchanged', () => {
    assert.deepEqual(readButton(address('otp_type=COPY_CODE')), {
      ...{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copiar' },
    });
    const tap = 'otp_type=one_tap&cta_display_name=Auto+fill&package_name=a.b&signature_hash=K+8';
    assert.deepEqual(readButton(address(tap)), {
      ...{ type: 'OTP', otp_type: 'ONE_TAP', text: 'Copiar', autofill_text: 'Auto fill' },
      supported_apps: [{ package_name: 'a.b', signature_hash: 'K+8' }],
    });
    assert.deepEqual(readButton(address('otp_type=ZERO_TAP&package_name=a.b')), {
      ...{ type: 'OTP', otp_type: 'ZERO_TAP', text: 'Copiar', zero_tap_terms_accepted: true },
    });
    for (const url of [address('otp_type=NEW'), address('x=1'), 'https://www.whatsapp.com/otp-shop/{{1}}']) {
      assert.deepEqual(readButton(url), { type: 'URL', text: 'Copiar', url });
    }
    const bare = { type: 'URL', url: address('otp_type=COPY_CODE') };
    assert.deepEqual(readComponents([{ type: 'BUTTONS', buttons: [bare] }]), [
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
    ]);
  });

  const otpButtons = { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] } as const;

  it('minutes only in the text › parsed from it, for codes only', () => {
    const footer = (text: string) => readComponents([{ type: 'FOOTER', text }, otpButtons])[0];
    assert.deepEqual(footer('Expira en 15 minutos.'), {
      ...{ type: 'FOOTER', text: 'Expira en 15 minutos.', code_expiration_minutes: 15 },
    });
    for (const text of ['Soon.', 'In 91 minutes', 'In 0 minutes'])
      assert.deepEqual(footer(text), { type: 'FOOTER', text });
    assert.deepEqual(readComponents([{ type: 'FOOTER', text: 'In 15 minutes' }]), [
      { type: 'FOOTER', text: 'In 15 minutes' },
    ]);
    assert.deepEqual(readComponents([{ type: 'FOOTER' }, otpButtons])[0], { type: 'FOOTER' });
  });

  it('omitted by Meta › the stored value stays; present › Meta’s value counts', () => {
    const known: Definitions = [
      { type: 'BODY', add_security_recommendation: true },
      { type: 'FOOTER', code_expiration_minutes: 5 },
      otpButtons,
    ];
    const sample = { body_text: [['1']] };
    const bare: Definitions = [
      { type: 'BODY', text: '{{1}}.', example: sample },
      { type: 'FOOTER', text: 'Soon.' },
      { type: 'HEADER', format: 'LOCATION' },
      otpButtons,
    ];
    const whole = withStoredParts(bare, known);
    assert.equal(
      JSON.stringify(whole.slice(0, 2)),
      JSON.stringify([
        { type: 'BODY', text: '{{1}}.', add_security_recommendation: true, example: sample },
        { type: 'FOOTER', text: 'Soon.', code_expiration_minutes: 5 },
      ]),
    );
    assert.deepEqual(whole.slice(2), bare.slice(2));
    assert.deepEqual(withStoredParts(bare, []), bare);
    assert.deepEqual(withStoredParts([{ type: 'BODY', text: 'x' }], known), [{ type: 'BODY', text: 'x' }]);
    const said: Definitions = [
      { type: 'BODY', add_security_recommendation: false },
      { type: 'FOOTER', code_expiration_minutes: 9 },
      otpButtons,
    ];
    assert.deepEqual(withStoredParts(said, known), said);
  });

  it('apps › all stored ones, unless Meta shows others', () => {
    const [one, two, three] = ['a.a', 'b.b', 'c.c'].map((name) => ({
      ...{ package_name: name, signature_hash: 'x' },
    })) as [App, App, App];
    type App = NonNullable<OtpButton['supported_apps']>[number];
    const tap = (
      supported: readonly App[] | undefined,
      type: OtpButton['otp_type'] = 'ONE_TAP',
    ): Definitions => [
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'OTP', otp_type: type, ...(supported === undefined ? {} : { supported_apps: supported }) },
        ],
      },
    ];
    assert.deepEqual(withStoredParts(tap([one]), tap([one, two])), tap([one, two]));
    assert.deepEqual(withStoredParts(tap(undefined), tap([one, two])), tap([one, two]));
    assert.deepEqual(withStoredParts(tap([three]), tap([one, two])), tap([three]));
    assert.deepEqual(withStoredParts(tap([one], 'ZERO_TAP'), tap([one, two])), tap([one], 'ZERO_TAP'));
    assert.deepEqual(withStoredParts(tap([one]), tap(undefined)), tap([one]));
    const unknown = { type: 'URL', text: 'Copy', url: address('otp_type=NEW') } as const;
    const odd: Definitions = [{ type: 'BUTTONS', buttons: [unknown] }];
    assert.deepEqual(withStoredParts(odd, tap([one])), odd);
  });

  it('Meta’s texts as shown to the author › left out of a change; a custom text › stays, and is refused', () => {
    const shown: Definitions = [
      { type: 'BODY', text: 'Code {{1}}.', add_security_recommendation: true },
      { type: 'FOOTER', text: 'In 5 minutes.', code_expiration_minutes: 5 },
      otpButtons,
    ];
    const given: Definitions = [
      { type: 'BODY', text: 'My code {{1}}.' },
      { type: 'FOOTER', text: 'In 5 minutes.', code_expiration_minutes: 9 },
      otpButtons,
    ];
    const own = withoutShownTexts(given, shown);
    assert.deepEqual(own[1], { type: 'FOOTER', code_expiration_minutes: 9 });
    assert.deepEqual(
      checkComponents(own, 'authentication').map(({ path }) => path),
      ['body.components.0.text'],
    );
    const others: Definitions = [{ type: 'BODY', text: 'a' }];
    assert.deepEqual(withoutShownTexts(others, others), others);
  });

  it('stored in Meta’s form by an earlier version › submitted as a code button', () => {
    const url = address('otp_type=COPY_CODE');
    const stored: Definitions = [
      { type: 'BODY', text: '*{{1}}* is your code.' },
      { type: 'FOOTER', text: 'Soon.' },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copy', url }] },
    ];
    assert.deepEqual(toReviewForm(stored), [
      { type: 'BODY' },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }] },
    ]);
    const odd: Definitions = [
      { type: 'HEADER', format: 'LOCATION' },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copy', url: address('otp_type=NEW') }] },
    ];
    assert.deepEqual(toReviewForm(odd), [
      odd[0],
      {
        type: 'BUTTONS',
        buttons: [
          {
            type: 'URL',
            text: 'Copy',
            url: address('otp_type=NEW'),
            example: [address('otp_type=NEW').replace('{{1}}', 'sample')],
          },
        ],
      },
    ]);
  });
});
