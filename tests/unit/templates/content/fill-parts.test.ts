import assert from 'node:assert/strict';
import fc from 'fast-check';
import type {
  TemplateButton,
  TemplateComponentDefinition,
} from '../../../../src/templates/content/definition.ts';
import { fillTemplate, type FilledTemplate } from '../../../../src/templates/content/rules.ts';
import type { ButtonValue, TemplateVariables } from '../../../../src/templates/content/variables.ts';

const body: TemplateComponentDefinition = { type: 'BODY', text: 'Hello there.' };
const media = (format: 'IMAGE' | 'VIDEO' | 'DOCUMENT'): TemplateComponentDefinition => ({
  type: 'HEADER',
  format,
});
const location: TemplateComponentDefinition = { type: 'HEADER', format: 'LOCATION' };
const buttons = (...list: TemplateButton[]): TemplateComponentDefinition => ({
  type: 'BUTTONS',
  buttons: list,
});
const office = { latitude: 52.5, longitude: 13.4, name: 'Office', address: 'Main Street 1, Berlin' };

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

describe('filled template › headers', () => {
  for (const [format, type] of [
    ['IMAGE', 'image'],
    ['VIDEO', 'video'],
    ['DOCUMENT', 'document'],
  ] as const) {
    it(`${format} › by the id of an upload or by its address`, () => {
      assert.deepEqual(filled([media(format), body], { header: { mediaId: '77' } }).components, [
        { type: 'header', parameters: [{ type, [type]: { id: '77' } }] },
      ]);
      const { components, shown, text } = filled([media(format), body], {
        header: { link: 'https://shop.test/a' },
      });
      assert.deepEqual(components, [
        { type: 'header', parameters: [{ type, [type]: { link: 'https://shop.test/a' } }] },
      ]);
      assert.deepEqual(shown.header, { format, link: 'https://shop.test/a' });
      assert.equal(text, 'Hello there.');
    });
  }

  it('DOCUMENT › may have a file name', () => {
    const header = { mediaId: '77', filename: 'invoice.pdf' };
    const { components, shown } = filled([media('DOCUMENT'), body], { header });
    assert.deepEqual(components, [
      { type: 'header', parameters: [{ type: 'document', document: { id: '77', filename: 'invoice.pdf' } }] },
    ]);
    assert.deepEqual(shown.header, { format: 'DOCUMENT', mediaId: '77', filename: 'invoice.pdf' });
  });

  it('LOCATION › all four values', () => {
    const { components, shown } = filled([location, body], { header: office });
    assert.deepEqual(components, [{ type: 'header', parameters: [{ type: 'location', location: office }] }]);
    assert.deepEqual(shown.header, { format: 'LOCATION', location: office });
  });

  it('a text header whose variable is called link › filled as a text', () => {
    const header: TemplateComponentDefinition = { type: 'HEADER', format: 'TEXT', text: 'See {{link}}' };
    assert.equal(filled([header, body], { header: { link: 'here' } }).text, 'See here\nHello there.');
    assert.deepEqual(issuesOf([header, body], { header: { link: 1 } }), [
      'header.link: This variable must be a text.',
    ]);
  });

  const link = 'Must be an address that starts with https:// or http://.';
  const kind = (what: string, fields: string) => `A header of format ${what} takes ${fields}.`;
  const table: readonly [string, TemplateComponentDefinition, unknown, string[]][] = [
    [
      'no file',
      media('IMAGE'),
      undefined,
      ['header: The IMAGE of the header is missing: give mediaId or link.'],
    ],
    ['an empty object', media('IMAGE'), {}, ['header: Give either mediaId or link.']],
    [
      'both',
      media('VIDEO'),
      { mediaId: '1', link: 'https://a.test' },
      ['header: Give either mediaId or link.'],
    ],
    ['no address', media('IMAGE'), { link: 'shop' }, [`header.link: ${link}`]],
    ['half an address', media('IMAGE'), { link: 'https://' }, [`header.link: ${link}`]],
    ['an empty id', media('IMAGE'), { mediaId: ' ' }, ['header.mediaId: This value is empty.']],
    ['an empty link', media('IMAGE'), { link: '' }, ['header.link: This value is empty.']],
    ['a number', media('IMAGE'), { link: 7 }, ['header.link: This value must be a text.']],
    [
      'too long',
      media('DOCUMENT'),
      { mediaId: 'x'.repeat(129), filename: 'x'.repeat(241) },
      [
        'header.mediaId: At most 128 characters are allowed.',
        'header.filename: At most 240 characters are allowed.',
      ],
    ],
    [
      'an address too long',
      media('VIDEO'),
      { link: `https://a.test/${'x'.repeat(1_986)}` },
      ['header.link: At most 2000 characters are allowed.'],
    ],
    [
      'a place too long',
      location,
      { ...office, name: 'x'.repeat(1_001), address: 'x'.repeat(1_001) },
      ['name', 'address'].map((name) => `header.${name}: At most 1000 characters are allowed.`),
    ],
    [
      'a file name of a picture',
      media('IMAGE'),
      { mediaId: '1', filename: 'a.png' },
      ['header.filename: Only a DOCUMENT has a file name.'],
    ],
    [
      'a file name that is no text',
      media('DOCUMENT'),
      { mediaId: 5, filename: 5 },
      ['header.mediaId: This value must be a text.', 'header.filename: This value must be a text.'],
    ],
    [
      'texts for a file',
      media('IMAGE'),
      ['a'],
      [`header.1: ${kind('IMAGE', 'mediaId, link, filename')}`, 'header: Give either mediaId or link.'],
    ],
    [
      'no location',
      location,
      undefined,
      ['header: The LOCATION of the header is missing: give latitude, longitude, name and address.'],
    ],
    [
      'an empty location',
      location,
      {},
      ['latitude', 'longitude', 'name', 'address'].map((name) => `header.${name}: This value is missing.`),
    ],
    [
      'a location off the earth',
      location,
      { ...office, latitude: 90.1, longitude: -181 },
      [
        'header.latitude: Must be a number from -90 to 90.',
        'header.longitude: Must be a number from -180 to 180.',
      ],
    ],
    [
      'a location of texts',
      location,
      { ...office, latitude: '1', name: 7, link: 'x' },
      [
        `header.link: ${kind('LOCATION', 'latitude, longitude, name, address')}`,
        'header.latitude: Must be a number from -90 to 90.',
        'header.name: This value must be a text.',
      ],
    ],
  ];
  for (const [name, header, given, expected] of table) {
    it(`${name} › refused with its path`, () => {
      assert.deepEqual(issuesOf([header, body], { header: given }), expected);
    });
  }
});

const flow: TemplateButton = { type: 'FLOW', text: 'Book', flow_id: '9', navigate_screen: 'START' };
const catalog: TemplateButton = { type: 'CATALOG', text: 'View catalog' };
const products: TemplateButton = { type: 'MPM', text: 'View items' };
const coupon: TemplateButton = { type: 'COPY_CODE', example: 'SAVE10' };
const shop = { title: 'Shoes', productIds: ['a', 'b'] };

describe('filled template › buttons', () => {
  const golden: readonly [string, TemplateButton, ButtonValue, string, object, object][] = [
    [
      'URL',
      { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}' },
      'x7',
      'url',
      { type: 'text', text: 'x7' },
      { type: 'URL', text: 'Go', target: 'https://a.test/x7' },
    ],
    [
      'QUICK_REPLY',
      { type: 'QUICK_REPLY', text: 'Yes' },
      'p',
      'quick_reply',
      { type: 'payload', payload: 'p' },
      { type: 'QUICK_REPLY', text: 'Yes', payload: 'p' },
    ],
    [
      'COPY_CODE',
      coupon,
      'SAVE20',
      'copy_code',
      { type: 'coupon_code', coupon_code: 'SAVE20' },
      { type: 'COPY_CODE', text: 'Copy offer code', payload: 'SAVE20' },
    ],
    [
      'FLOW',
      flow,
      { flowToken: 't', data: { a: 1 } },
      'flow',
      { type: 'action', action: { flow_token: 't', flow_action_data: { a: 1 } } },
      { type: 'FLOW', text: 'Book', target: 'START', payload: 't' },
    ],
    [
      'FLOW without a token',
      { type: 'FLOW', text: 'Book', flow_id: '9' },
      {},
      'flow',
      { type: 'action', action: {} },
      { type: 'FLOW', text: 'Book' },
    ],
    [
      'CATALOG',
      catalog,
      { thumbnailProductId: 'a' },
      'catalog',
      { type: 'action', action: { thumbnail_product_retailer_id: 'a' } },
      { type: 'CATALOG', text: 'View catalog', payload: 'a' },
    ],
    [
      'MPM',
      products,
      { thumbnailProductId: 'a', sections: [shop] },
      'mpm',
      {
        type: 'action',
        action: {
          thumbnail_product_retailer_id: 'a',
          sections: [
            { title: 'Shoes', product_items: [{ product_retailer_id: 'a' }, { product_retailer_id: 'b' }] },
          ],
        },
      },
      { type: 'MPM', text: 'View items', payload: 'a' },
    ],
    [
      'MPM without a thumbnail',
      products,
      { sections: [{ title: 'Shoes', productIds: ['a'] }] },
      'mpm',
      {
        type: 'action',
        action: { sections: [{ title: 'Shoes', product_items: [{ product_retailer_id: 'a' }] }] },
      },
      { type: 'MPM', text: 'View items' },
    ],
  ];
  for (const [name, button, value, sub_type, parameter, shownButton] of golden) {
    it(`${name} › sent with its index as text`, () => {
      const list = buttons({ type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550001000' }, button);
      const { components, shown } = filled([body, list], { buttons: { 1: value } });
      assert.deepEqual(components, [{ type: 'button', sub_type, index: '1', parameters: [parameter] }]);
      assert.deepEqual(shown.buttons, [
        { type: 'PHONE_NUMBER', text: 'Call', target: '+15550001000' },
        shownButton,
      ]);
    });
  }

  it('flow, catalog and quick reply without a value › nothing is sent', () => {
    const { components, shown } = filled(
      [body, buttons({ type: 'QUICK_REPLY', text: 'Yes' }, flow, catalog)],
      {},
    );
    assert.deepEqual(components, []);
    assert.deepEqual(shown.buttons[0], { type: 'QUICK_REPLY', text: 'Yes', payload: 'Yes' });
  });

  it('an unknown kind › keeps its index and accepts nothing', () => {
    const other: TemplateButton = { type: 'OTHER', original: { type: 'VOICE_CALL', text: 'Call' } };
    const nameless: TemplateButton = { type: 'OTHER', original: { type: 'X' } };
    const list = buttons(other, nameless, coupon);
    const { components, shown } = filled([body, list], { buttons: { 2: 'A' } });
    assert.deepEqual(
      components.map((component) => 'index' in component && component.index),
      ['2'],
    );
    assert.deepEqual(shown.buttons.slice(0, 2), [
      { type: 'OTHER', text: 'Call' },
      { type: 'OTHER', text: '' },
    ]);
    assert.deepEqual(issuesOf([body, list], { buttons: { 0: 'x', 2: 'A' } }), [
      'buttons.0: This button takes no variable.',
    ]);
  });

  const many = Array.from({ length: 11 }, () => ({ title: 't', productIds: ['a', 'b', 'c'] }));
  const table: readonly [string, TemplateButton, unknown, string[]][] = [
    [
      'an object for a payload',
      { type: 'QUICK_REPLY', text: 'Yes' },
      {},
      [': This variable must be a text.'],
    ],
    ['no coupon', coupon, undefined, [': This coupon code is missing.']],
    [
      'a coupon with a tab',
      coupon,
      'A\tB',
      [': This coupon code may have no line breaks, no tabs and no more than 4 spaces in a row.'],
    ],
    [
      'a suffix with a line break',
      { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}' },
      'a\nb',
      [': This variable may have no line breaks, no tabs and no more than 4 spaces in a row.'],
    ],
    ['a long coupon', coupon, 'x'.repeat(21), [': At most 20 characters are allowed.']],
    ['an object for a coupon', coupon, {}, [': This coupon code must be a text.']],
    ['a text for a flow', flow, 'x', [': This button takes an object with flowToken and data.']],
    ['products for a flow', flow, { sections: [] }, ['.sections: This button does not take this value.']],
    [
      'a long token',
      flow,
      { flowToken: 'x'.repeat(1_025) },
      ['.flowToken: At most 1024 characters are allowed.'],
    ],
    ['a text for a catalog', catalog, 'x', [': This button takes an object with thumbnailProductId.']],
    [
      'sections for a catalog',
      catalog,
      { sections: [shop] },
      ['.sections: This button does not take this value.'],
    ],
    [
      'nothing for products',
      products,
      undefined,
      [': This button takes an object with sections and thumbnailProductId.'],
    ],
    [
      'a token for products',
      products,
      { flowToken: 't' },
      [
        '.sections: Give at least one section of products.',
        '.flowToken: This button does not take this value.',
      ],
    ],
    [
      'too many products',
      products,
      { sections: many },
      ['.sections: At most 10 sections are allowed.', '.sections: At most 30 products are allowed in all.'],
    ],
    [
      'a section without a title',
      products,
      { sections: [{ title: ' ', productIds: [] }] },
      ['.sections.0.title: This title is empty.', '.sections.0.productIds: Name at least one product.'],
    ],
    [
      'a long title',
      products,
      { sections: [{ ...shop, title: 'x'.repeat(25) }] },
      ['.sections.0.title: At most 24 characters are allowed.'],
    ],
  ];
  for (const [name, button, value, expected] of table) {
    it(`${name} › refused with its path`, () => {
      const given = value === undefined ? {} : { buttons: { 0: value } };
      assert.deepEqual(
        issuesOf([body, buttons(button)], given),
        expected.map((rest) => `buttons.0${rest}`),
      );
    });
  }
});

describe('filled template › any definition and any values', () => {
  const anyJson = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(undefined),
    fc.dictionary(fc.string(), fc.string()),
  );
  const button: fc.Arbitrary<TemplateButton> = fc.constantFrom<TemplateButton>(
    ...[flow, catalog, products, coupon],
    { type: 'URL', text: 'Go', url: 'https://a.test/{{1}}' },
    { type: 'OTP', otp_type: 'ONE_TAP' },
  );
  const definitions = fc.tuple(
    fc.constantFrom<TemplateComponentDefinition>(media('IMAGE'), media('DOCUMENT'), location, body),
    fc.array(button, { maxLength: 4 }).map((list) => buttons(...list)),
  );
  const variables = fc.record({
    header: fc.oneof(fc.constant(undefined), fc.array(fc.string()), fc.dictionary(fc.string(), anyJson)),
    buttons: fc.dictionary(fc.constantFrom('0', '1', '2', 'x'), fc.oneof(fc.string(), fc.constant({}))),
    code: fc.oneof(fc.constant(undefined), fc.string()),
  });

  it('never throws, and every issue leads below body.variables', () => {
    fc.assert(
      fc.property(definitions, variables, (parts, given) => {
        const result = fillTemplate(parts, given as unknown as TemplateVariables);
        for (const { path } of result.ok ? [] : result.issues) assert.match(path, /^body\.variables\./);
      }),
    );
  });

  it('sent buttons › in ascending order, with indices as text', () => {
    fc.assert(
      fc.property(definitions, variables, (parts, given) => {
        const result = fillTemplate(parts, given as unknown as TemplateVariables);
        if (!result.ok) return;
        const places = result.filled.components.flatMap((part) =>
          part.type === 'button' ? [part.index] : [],
        );
        assert.deepEqual(
          places,
          [...new Set(places)].toSorted((a, b) => Number(a) - Number(b)),
        );
      }),
    );
  });
});
