import assert from 'node:assert/strict';
import { checkComponents } from '../../../../src/templates/content/checks/check.ts';
import type {
  TemplateButton,
  TemplateComponentDefinition,
} from '../../../../src/templates/content/definition.ts';
import { fillTemplate } from '../../../../src/templates/content/rules.ts';
import { CreateTemplateBody } from '../../../../src/templates/schemas.ts';

/** What leaves is what was meant: values that Meta or a phone would show as something else are refused. */

const body: TemplateComponentDefinition = { type: 'BODY', text: 'Hello {{1}}, thank you.' };
const withButtons = (...buttons: TemplateButton[]): TemplateComponentDefinition[] => [
  { type: 'BODY', text: 'Hello.' },
  { type: 'BUTTONS', buttons },
];
const linkTo = (url: string): TemplateComponentDefinition[] =>
  withButtons({ type: 'URL', text: 'Track', url });

function issuesOf(...[definitions, variables]: Parameters<typeof fillTemplate>): string[] {
  const result = fillTemplate(definitions, variables);
  return result.ok
    ? []
    : result.issues.map(({ path, message }) => `${path.slice('body.variables.'.length)}: ${message}`);
}

describe('a value of a template', () => {
  for (const [name, value, message] of [
    ['NUL', 'An\u0000a', 'Must not contain the control character U+0000 (NUL).'],
    ['half an emoji', 'Ana \uD83D', 'Must not contain unpaired surrogates.'],
    ['nothing visible', '\u200B\u2060', 'This variable shows nothing.'],
    [
      'a line separator',
      'Ana\u2028Lee',
      'This variable may have no line breaks, no tabs and no more than 4 spaces in a row.',
    ],
  ] as const)
    it(`${name} › refused with its path`, () => {
      assert.deepEqual(issuesOf([body], { body: [value] }), [`body.1: ${message}`]);
    });

  it('a hidden character in payload, token, product or place › refused with its path', () => {
    const nul = 'Must not contain the control character U+0000 (NUL).';
    const buttons: TemplateButton[] = [
      { type: 'QUICK_REPLY', text: 'Yes' },
      { type: 'FLOW', text: 'Book' },
      { type: 'CATALOG', text: 'Shop' },
      { type: 'MPM', text: 'Buy' },
    ];
    const given = ['a\u0000', { flowToken: 'a\u0000' }, { thumbnailProductId: 'a\u0000' }];
    for (const [index, value] of given.entries()) {
      const button = buttons[index];
      assert.ok(button !== undefined);
      const field = typeof value === 'string' ? '' : `.${Object.keys(value)[0]}`;
      assert.deepEqual(issuesOf(withButtons(button), { buttons: { 0: value } }), [
        `buttons.0${field}: ${nul}`,
      ]);
    }
    const products = { sections: [{ title: 'All', productIds: ['ok', 'a\u0000'] }] };
    assert.deepEqual(issuesOf(withButtons({ type: 'MPM', text: 'Buy' }), { buttons: { 0: products } }), [
      `buttons.0.sections.0.productIds.1: ${nul}`,
    ]);
    const place = { latitude: 1, longitude: 1, name: 'a\u0000', address: 'b' };
    assert.deepEqual(
      issuesOf(
        [
          { type: 'HEADER', format: 'LOCATION' },
          { type: 'BODY', text: 'x' },
        ],
        { header: place },
      ),
      [`header.name: ${nul}`],
    );
  });
});

describe('the end of a URL', () => {
  const shop = 'https://shop.example.com/orders/{{1}}';
  for (const [name, url, value, message] of [
    [
      'a whole URL',
      shop,
      'https://evil.example',
      'Give only the end of the URL, which begins with https://shop.example.com/orders/.',
    ],
    [
      'a URL without scheme',
      shop,
      '//evil.example',
      'Give only the end of the URL, which begins with https://shop.example.com/orders/.',
    ],
    ['spaces', shop, 'order 12', 'The end of a URL may contain no spaces; write them as %20.'],
    ['a no-break space', shop, 'order\u00A012', 'The end of a URL may contain no spaces; write them as %20.'],
    ['two dots', shop, '../admin', 'The end of a URL may not leave its path with “..”.'],
    ['encoded dots', shop, '%2e%2E/admin', 'The end of a URL may not leave its path with “..”.'],
    ['dots after a folder', shop, 'a/../../x', 'The end of a URL may not leave its path with “..”.'],
    [
      'another site',
      'https://shop.example.com{{1}}',
      '.evil.example/',
      'The end of a URL may not change its site.',
    ],
    ['a port that is none', 'https://shop.example.com{{1}}', ':abc', 'The URL with this end is not valid.'],
    [
      'a user name',
      'https://shop.example.com{{1}}',
      '@evil.example/',
      'The end of a URL may not change its site.',
    ],
  ] as const)
    it(`${name} › refused with its path`, () => {
      assert.deepEqual(issuesOf(linkTo(url), { buttons: { 0: value } }), [`buttons.0: ${message}`]);
    });

  for (const [name, url, value] of [
    ['an order', shop, '1042'],
    ['a folder and a query', shop, '1042/track?lang=de#top'],
    ['dots within a name', shop, 'v1..2'],
    ['dots that stay inside', shop, 'a/../b'],
    ['an address in a query', 'https://example.com/go?to={{1}}', 'https://shop.example.com/a'],
    ['letters of any language', shop, 'größe'],
  ] as const)
    it(`${name} › allowed`, () => assert.deepEqual(issuesOf(linkTo(url), { buttons: { 0: value } }), []));
});

describe('a template for review', () => {
  const issuesFor = (...components: TemplateComponentDefinition[]): string[] =>
    checkComponents(components, 'utility').map(
      ({ path, message }) => `${path.slice('body.components'.length)} ${message}`,
    );
  const plain: TemplateComponentDefinition = { type: 'BODY', text: 'Hello *Ana* 👋.' };

  it('emoji and formatting in header, footer and buttons › refused with their paths, in the body allowed', () => {
    const formatting = 'No formatting with *, _, ~ or ` is allowed here.';
    assert.deepEqual(
      issuesFor(
        { type: 'HEADER', format: 'TEXT', text: 'Sale 🎉 *now*' },
        plain,
        { type: 'FOOTER', text: '_Your_ shop ❤️' },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'QUICK_REPLY', text: 'Fine 👍' },
            { type: 'QUICK_REPLY', text: '~No~' },
          ],
        },
      ),
      [
        '.0.text No emoji is allowed here.',
        `.0.text ${formatting}`,
        '.2.text No emoji is allowed here.',
        `.2.text ${formatting}`,
        '.3.buttons.0.text No emoji is allowed here.',
        `.3.buttons.1.text ${formatting}`,
      ],
    );
  });

  it('a variable with an underscore in the header › allowed', () => {
    assert.deepEqual(
      issuesFor({ type: 'HEADER', format: 'TEXT', text: 'Order {{order_no}}' }, { type: 'BODY', text: 'Hi' }),
      [],
    );
  });

  it('hidden characters and invisible text › refused with their paths', () => {
    assert.deepEqual(issuesFor({ type: 'BODY', text: 'a\u0000b' }, { type: 'FOOTER', text: '\u200B' }), [
      '.0.text Must not contain the control character U+0000 (NUL).',
      '.1.text The text is empty.',
    ]);
  });

  it('a URL whose site is open, or with a space › refused with its path', () => {
    const urls = ['https://{{1}}', 'https://shop.{{1}}', 'https://a.example/b c'];
    assert.deepEqual(
      urls.flatMap((url) =>
        issuesFor(plain, { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Go', url }] }),
      ),
      [
        '.1.buttons.0.url The variable must come after the site, as in https://example.com/{{1}}.',
        '.1.buttons.0.url The variable must come after the site, as in https://example.com/{{1}}.',
        '.1.buttons.0.url May contain no spaces and no control characters.',
      ],
    );
  });

  it('a language › only those that Meta knows, in its spelling', () => {
    const parse = (language: string) =>
      CreateTemplateBody.safeParse({
        ...{ channelId: '0'.repeat(24), name: 'a', category: 'utility', language },
        components: [{ type: 'BODY', text: 'Hi' }],
      }).success;
    for (const language of ['en', 'en_US', 'pt_BR', 'fil', 'prs_AF', 'zh_HK'])
      assert.equal(parse(language), true, language);
    for (const language of ['xx', 'en-US', 'EN', 'de_DE', 'english', ''])
      assert.equal(parse(language), false, language);
  });
});
