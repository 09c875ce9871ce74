import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { TemplateComponentDefinition } from '../../../../src/templates/content/definition.ts';
import { fillTemplate, type FilledTemplate } from '../../../../src/templates/content/rules.ts';
import { variablesOf, type TemplateVariables } from '../../../../src/templates/content/variables.ts';

const header = (text: string): TemplateComponentDefinition => ({ type: 'HEADER', format: 'TEXT', text });
const body = (text: string): TemplateComponentDefinition => ({ type: 'BODY', text });
const footer = (text: string): TemplateComponentDefinition => ({ type: 'FOOTER', text });
const buttons: TemplateComponentDefinition = {
  type: 'BUTTONS',
  buttons: [
    { type: 'QUICK_REPLY', text: 'I will come' },
    { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}' },
    { type: 'URL', text: 'Home', url: 'https://example.com/' },
    { type: 'PHONE_NUMBER', text: 'Call', phone_number: '+15550001111' },
  ],
};

function filled(
  definitions: TemplateComponentDefinition[],
  variables: TemplateVariables,
): Pick<FilledTemplate, 'components' | 'text'> {
  const result = fillTemplate(definitions, variables);
  assert.ok(result.ok, JSON.stringify(result));
  const { components, text } = result.filled;
  return { components, text };
}

function paths(definitions: TemplateComponentDefinition[], variables: TemplateVariables): string[] {
  const result = fillTemplate(definitions, variables);
  assert.ok(!result.ok, 'it was filled');
  for (const { message } of result.issues) assert.match(message, /\.$/);
  return result.issues.map(({ path }) => path.replace(/^body\.variables\./, ''));
}

describe('variables of a text', () => {
  const table: readonly [string, string[]][] = [
    ['', []],
    ['no variable { } {{}} {{ }} {1} {{a-b}}', []],
    ['Hello {{1}}, your order {{2}}', ['1', '2']],
    ['{{ customer }} and {{customer}} and {{date_1}}', ['customer', 'date_1']],
    ['{{2}} before {{1}}', ['2', '1']],
    ['{{{1}}}', ['1']],
  ];
  for (const [text, expected] of table) {
    it(`${JSON.stringify(text)} › ${expected.join(', ') || 'none'}`, () => {
      assert.deepEqual(variablesOf(text), expected);
    });
  }
});

describe('filled template', () => {
  it('an amount and a time › sent typed, by position and by name, and shown as their texts', () => {
    const price = { type: 'currency', text: '$100.99', code: 'USD', amount1000: 100_990 } as const;
    const day = { type: 'dateTime', text: '25 February' } as const;
    const currency = { fallback_value: '$100.99', code: 'USD', amount_1000: 100_990 };
    const date_time = { fallback_value: '25 February' };
    assert.deepEqual(filled([body('Pay {{2}}, {{1}}, by {{3}}.')], { body: ['Ana', price, day] }), {
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Ana' },
            { type: 'currency', currency },
            { type: 'date_time', date_time },
          ],
        },
      ],
      text: 'Pay $100.99, Ana, by 25 February.',
    });
    const named = filled([body('Pay {{price}} by {{day}}.')], { body: { day, price } });
    assert.deepEqual(named.components, [
      {
        type: 'body',
        parameters: [
          { type: 'currency', parameter_name: 'price', currency },
          { type: 'date_time', parameter_name: 'day', date_time },
        ],
      },
    ]);
  });

  it('an amount with an empty text, an amount where none is wanted › refused by path', () => {
    const price = { type: 'currency', text: ' ', code: 'USD', amount1000: 1 } as const;
    assert.deepEqual(paths([body('Pay {{1}} now.')], { body: [price] }), ['body.1.text']);
    assert.deepEqual(paths([body('Pay {{1}} now.')], { body: ['a', { ...price, text: 'b' }] }), ['body.2']);
    assert.deepEqual(
      paths([header('Pay {{1}}'), body('Now')], { header: [price] } as unknown as TemplateVariables),
      ['header.1'],
    );
  });

  it('no variables › no components, and the text of all parts', () => {
    assert.deepEqual(filled([header('Hello World'), body('Welcome!'), footer('The shop')], {}), {
      components: [],
      text: 'Hello World\nWelcome!\nThe shop',
    });
    assert.deepEqual(filled([], {}), { components: [], text: '' });
  });

  it('variables by position › a list or an object, in the order of their numbers', () => {
    const expected = {
      components: [
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Ada' },
            { type: 'text', text: 'A-1' },
          ],
        },
      ],
      text: 'Hello Ada, your order A-1. Bye Ada',
    };
    const definitions = [body('Hello {{1}}, your order {{2}}. Bye {{1}}')];
    assert.deepEqual(filled(definitions, { body: ['Ada', 'A-1'] }), expected);
    assert.deepEqual(filled(definitions, { body: { 2: 'A-1', 1: 'Ada' } }), expected);
  });

  it('a translation with {{2}} before {{1}} › the provider still gets them by number', () => {
    const values = Array.from({ length: 11 }, (_value, index) => `v${index + 1}`);
    const text = values.map((_value, index) => `{{${11 - index}}}`).join(' ');
    const { components, text: read } = filled([body(text)], { body: values });
    assert.deepEqual(components, [
      { type: 'body', parameters: values.map((value) => ({ type: 'text', text: value })) },
    ]);
    assert.equal(read, values.toReversed().join(' '));
  });

  it('variables by name › each parameter has its name', () => {
    const definitions = [header('For {{customer}}'), body('Dear {{ customer }}, on {{date}}')];
    const variables = { header: { customer: 'Ada' }, body: { date: 'Monday', customer: 'Ada' } };
    assert.deepEqual(filled(definitions, variables), {
      components: [
        { type: 'header', parameters: [{ type: 'text', text: 'Ada', parameter_name: 'customer' }] },
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Ada', parameter_name: 'customer' },
            { type: 'text', text: 'Monday', parameter_name: 'date' },
          ],
        },
      ],
      text: 'For Ada\nDear Ada, on Monday',
    });
  });

  it('a value that looks like a variable or a pattern › sent unchanged', () => {
    const { text } = filled([body('{{1}} {{2}}')], { body: ['{{2}}', '$& $1'] });
    assert.equal(text, '{{2}} $& $1');
  });

  it('names that every object has › treated like any other', () => {
    const { text } = filled([body('{{constructor}} {{toString}}')], {
      body: { constructor: 'a', toString: 'b' } as unknown as Record<string, string>,
    });
    assert.equal(text, 'a b');
    assert.deepEqual(paths([body('{{constructor}}')], { body: {} }), ['body.constructor']);
  });

  it('buttons › a URL’s suffix and a quick reply’s payload, by their place', () => {
    const { components } = filled([body('b'), buttons], { buttons: { 0: 'yes', 1: 'track/7' } });
    assert.deepEqual(components, [
      {
        type: 'button',
        sub_type: 'quick_reply',
        index: '0',
        parameters: [{ type: 'payload', payload: 'yes' }],
      },
      { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'track/7' }] },
    ]);
  });

  it('a quick reply without a payload › needs none', () => {
    assert.equal(filled([buttons], { buttons: { 1: 'x' } }).components.length, 1);
  });

  it('a payload with lines, four spaces in a variable › accepted', () => {
    assert.equal(filled([buttons], { buttons: { 0: 'a\nb', 1: 'x' } }).components.length, 2);
    assert.equal(filled([body('{{1}}')], { body: ['a    b'] }).text, 'a    b');
  });

  const issues: readonly [string, TemplateComponentDefinition[], TemplateVariables, string[]][] = [
    ['a missing variable', [body('{{1}} {{2}}')], { body: ['a'] }, ['body.2']],
    ['all missing', [header('{{1}}'), body('{{name}}')], {}, ['header.1', 'body.name']],
    ['a line break', [body('{{1}}')], { body: ['a\nb'] }, ['body.1']],
    ['a return and a tab', [body('{{1}} {{2}}')], { body: ['a\r', '\ta'] }, ['body.1', 'body.2']],
    ['five spaces in a row', [body('{{1}}')], { body: ['a     b'] }, ['body.1']],
    ['an empty one', [body('{{1}}')], { body: [' \n'] }, ['body.1']],
    ['one too many', [body('{{1}}')], { body: ['a', 'b'] }, ['body.2']],
    ['one for a part that is not there', [body('b')], { header: { x: 'a' } }, ['header.x']],
    ['a header over 60', [header('{{1}}')], { header: ['a'.repeat(61)] }, ['header']],
    ['a body over 1024', [body('{{1}}')], { body: ['a'.repeat(1_025)] }, ['body']],
    ['a URL button without a suffix', [buttons], {}, ['buttons.1']],
    ['a URL button with an empty suffix', [buttons], { buttons: { 1: '' } }, ['buttons.1']],
    ['a URL suffix over 2000', [buttons], { buttons: { 1: 'a'.repeat(2_001) } }, ['buttons.1']],
    ['a payload over 256', [buttons], { buttons: { 0: 'a'.repeat(257), 1: 'x' } }, ['buttons.0']],
    ['a value for a fixed URL', [buttons], { buttons: { 1: 'x', 2: 'y' } }, ['buttons.2']],
    ['a value for a phone button', [buttons], { buttons: { 1: 'x', 3: 'y' } }, ['buttons.3']],
    [
      'a button that is not there',
      [buttons],
      { buttons: { 1: 'x', 4: 'y', a: 'z' } },
      ['buttons.4', 'buttons.a'],
    ],
    ['a place in another spelling', [buttons], { buttons: { '01': 'x' } }, ['buttons.1', 'buttons.01']],
    ['buttons without any', [body('b')], { buttons: { 0: 'x' } }, ['buttons.0']],
  ];
  for (const [name, definitions, variables, expected] of issues) {
    it(`${name} › refused with its path`, () => {
      assert.deepEqual(paths(definitions, variables), expected);
    });
  }

  it('just within the limits › filled', () => {
    const definitions = [header('{{1}}'), body('{{1}}'), buttons];
    const variables = {
      header: ['a'.repeat(60)],
      body: ['a'.repeat(1_024)],
      buttons: { 0: 'a'.repeat(256), 1: 'a'.repeat(2_000) },
    };
    assert.equal(filled(definitions, variables).components.length, 4);
  });
});

describe('filled template › for any template and values', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abc {}$é☎'.split('')), minLength: 1, maxLength: 8 });
  const value = word.filter((text) => text.trim() !== '');
  const names = fc.uniqueArray(fc.constantFrom('1', '2', '10', 'name', 'date', 'x_1'), { maxLength: 6 });

  it('exactly the needed values › filled, each is sent once and appears in the text', () => {
    fc.assert(
      fc.property(names, fc.array(value, { minLength: 6, maxLength: 6 }), (wanted, values) => {
        const given = Object.fromEntries(wanted.map((name, index) => [name, values[index] ?? 'x']));
        const text = wanted.map((name) => `<{{${name}}}>`).join('');
        const result = filled([body(text)], { body: given });
        assert.equal(result.text, wanted.map((name) => `<${given[name]}>`).join(''));
        const [sent] = result.components;
        const parameters = sent?.type === 'body' ? sent.parameters : [];
        const byText = (one: string, other: string) => one.localeCompare(other);
        assert.deepEqual(
          parameters.map((parameter) => (parameter.type === 'text' ? parameter.text : '')).toSorted(byText),
          Object.values(given).toSorted(byText),
        );
      }),
    );
  });

  it('one value left out or one too many › refused, and the issue names it', () => {
    fc.assert(
      fc.property(names, names, (wanted, given) => {
        const text = wanted.map((name) => `{{${name}}}`).join(' ');
        const result = fillTemplate([body(text)], {
          body: Object.fromEntries(given.map((name) => [name, 'v'])),
        });
        const odd = [
          ...wanted.filter((name) => !given.includes(name)),
          ...given.filter((name) => !wanted.includes(name)),
        ];
        assert.equal(result.ok, odd.length === 0);
        const named = result.ok ? [] : result.issues.map(({ path }) => path.split('.').at(-1) ?? '');
        assert.deepEqual(named.toSorted(), odd.toSorted());
      }),
    );
  });

  it('anything › never throws', () => {
    const variables = fc.record(
      {
        header: fc.oneof(fc.array(fc.string()), fc.dictionary(fc.string(), fc.string())),
        body: fc.oneof(fc.array(fc.string()), fc.dictionary(fc.string(), fc.string())),
        buttons: fc.dictionary(fc.string(), fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), variables, (top, text, given) => {
        fillTemplate([header(top), body(text), buttons], given);
      }),
    );
  });
});
