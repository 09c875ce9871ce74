import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkComponents } from '../../../../src/templates/content/checks/check.ts';
import type {
  TemplateButton,
  TemplateComponentDefinition,
} from '../../../../src/templates/content/definition.ts';
import { fillTemplate } from '../../../../src/templates/content/rules.ts';
import { starterTemplates } from '../../../../src/templates/content/starters.ts';

const body = (text: string): TemplateComponentDefinition => ({ type: 'BODY', text });
const header = (text: string): TemplateComponentDefinition => ({ type: 'HEADER', format: 'TEXT', text });
const footer = (text: string): TemplateComponentDefinition => ({ type: 'FOOTER', text });
const buttons = (...list: TemplateButton[]): TemplateComponentDefinition => ({
  type: 'BUTTONS',
  buttons: list,
});
const reply = (text: string): TemplateButton => ({ type: 'QUICK_REPLY', text });
const link = (text: string, url = 'https://shop.test/'): TemplateButton => ({ type: 'URL', text, url });
const phone = (text: string, phone_number = '+15550001000'): TemplateButton => ({
  type: 'PHONE_NUMBER',
  text,
  phone_number,
});

const plain = body('Hello there.');

const issuesOf = (...components: TemplateComponentDefinition[]): string[] =>
  checkComponents(components, 'utility').map(
    ({ path, message }) => `${path.replace('body.components', '')} ${message}`,
  );

const texts = (count: number) => Array.from({ length: count }, (_, index) => `Button ${index}`);

describe('template components', () => {
  describe('accepted', () => {
    for (const [what, components] of [
      ['only a body', [plain]],
      ['body of 1024 characters', [body('x'.repeat(1_024))]],
      [
        'header of 60 with a variable, footer of 60',
        [header(`{{1}}${'x'.repeat(55)}`), plain, footer('x'.repeat(60))],
      ],
      ['header that is a variable', [header('{{1}}'), plain]],
      ['variables by position, one used twice', [body('Hi {{1}}, {{2}} and again {{1}}!')]],
      ['variables by name with spaces in the braces', [body('Hi {{ first_name }}, see you {{date}}.')]],
      [
        'header and body by name, a URL by position',
        [header('{{shop}}'), body('Hi {{name}}!'), buttons(link('Go', 'https://a.test/{{1}}'))],
      ],
      ['lines in the body', [body('Hello {{1}},\n\nthank you.')]],
      ['ten quick replies', [plain, buttons(...texts(10).map(reply))]],
      ['quick replies first', [plain, buttons(reply('A'), reply('B'), link('C'), phone('D'))]],
      ['quick replies last', [plain, buttons(link('A'), link('B'), phone('C'), reply('D'), reply('E'))]],
      ['button text of 25', [plain, buttons(reply('x'.repeat(25)))]],
      ['URL of 2000 characters', [plain, buttons(link('Go', `https://a.test/${'x'.repeat(1_985)}`))]],
      ['URL that takes its query from a variable', [plain, buttons(link('Go', 'https://a.test/?id={{1}}'))]],
      ['single braces', [body('Use {this} or }that{ as you like.')]],
    ] as const) {
      it(`${what} › no issue`, () => {
        assert.deepEqual(issuesOf(...components), []);
      });
    }

    it('initial templates of a client › no issue', () => {
      for (const { components } of starterTemplates)
        assert.deepEqual(checkComponents(components, 'utility'), []);
    });
  });

  describe('refused', () => {
    for (const [what, components, issues] of [
      ['no body', [footer('x')], [' A BODY is required.']],
      ['two bodies', [plain, plain], ['.1 Only one BODY is allowed.']],
      [
        'two of everything',
        [header('a'), header('b'), plain, footer('a'), footer('b'), buttons(reply('a')), buttons(reply('b'))],
        [
          '.1 Only one HEADER is allowed.',
          '.4 Only one FOOTER is allowed.',
          '.6 Only one BUTTONS is allowed.',
        ],
      ],
      [
        'empty texts',
        [header(' '), body('\n'), footer('')],
        ['.0.text The text is empty.', '.1.text The text is empty.', '.2.text The text is empty.'],
      ],
      [
        'long texts',
        [header('x'.repeat(61)), body('x'.repeat(1_025)), footer('x'.repeat(61))],
        [
          '.0.text The text has 61 characters; 60 are allowed.',
          '.1.text The text has 1025 characters; 1024 are allowed.',
          '.2.text The text has 61 characters; 60 are allowed.',
        ],
      ],
      [
        'lines where one is allowed',
        [header('a\nb'), plain, footer('a\r\nb')],
        ['.0.text The text must be one line.', '.2.text The text must be one line.'],
      ],
      [
        'two variables in the header',
        [header('{{1}} {{2}}'), plain],
        ['.0.text A header may have one variable.'],
      ],
      [
        'one variable twice in the header',
        [header('{{1}} {{1}}'), plain],
        ['.0.text A header may have one variable.'],
      ],
      ['variable in the footer', [plain, footer('{{1}}')], ['.1.text No variable is allowed here.']],
      ['variable at the start', [body(' {{1}}, hello')], ['.0.text The body may not start with a variable.']],
      ['variable at the end', [body('Hello {{1}}\n')], ['.0.text The body may not end with a variable.']],
      [
        'body that is one variable',
        [body('{{1}}')],
        ['.0.text The body may not start with a variable.', '.0.text The body may not end with a variable.'],
      ],
      [
        'variables side by side',
        [body('Hi {{1}}{{2}}!')],
        ['.0.text Two variables may not stand next to each other: put words between them.'],
      ],
      [
        'variables with only a line break between',
        [body('Hi {{1}} \n {{2}}!')],
        ['.0.text Two variables may not stand next to each other: put words between them.'],
      ],
      [
        'gap in the numbers',
        [body('Hi {{1}} and {{3}}!')],
        ['.0.text Variables by position must be numbered from {{1}} without a gap.'],
      ],
      [
        'numbers from zero',
        [body('Hi {{0}}!')],
        ['.0.text Variables by position must be numbered from {{1}} without a gap.'],
      ],
      [
        'position and name in one text',
        [body('Hi {{1}} and {{name}}!')],
        ['.0.text Use variables by position or by name, not both.'],
      ],
      [
        'positions in the header, names in the body',
        [header('{{1}}'), body('Hi {{name}}!')],
        [' Header and body must both use positions, or both names.'],
      ],
      [
        'upper case in a name',
        [body('Hi {{Name}}!')],
        ['.0.text The name Name must be lower-case letters, digits and underscores.'],
      ],
      [
        'unfinished variable',
        [body('Hi {{1}, {{first name}} and }} there.')],
        ['.0.text A variable is written {{1}} or {{name}}.'],
      ],
      ['no buttons', [plain, buttons()], ['.1.buttons Give at least one button, or leave BUTTONS out.']],
      [
        'eleven buttons',
        [plain, buttons(...texts(11).map(reply))],
        ['.1.buttons There are 11 buttons; 10 are allowed.'],
      ],
      [
        'three URLs and two phones',
        [plain, buttons(link('A'), link('B'), link('C'), phone('D'), phone('E'))],
        [
          '.1.buttons At most 2 URL buttons are allowed.',
          '.1.buttons At most one PHONE_NUMBER button is allowed.',
        ],
      ],
      [
        'quick replies apart',
        [plain, buttons(reply('A'), link('B'), reply('C'))],
        ['.1.buttons Quick replies must stand together, before or after the other buttons.'],
      ],
      [
        'button texts',
        [plain, buttons(reply(''), reply('x'.repeat(26)), reply('{{1}}'), reply('a\nb'))],
        [
          '.1.buttons.0.text The text is empty.',
          '.1.buttons.1.text The text has 26 characters; 25 are allowed.',
          '.1.buttons.2.text No variable is allowed here.',
          '.1.buttons.3.text The text must be one line.',
        ],
      ],
      [
        'the same button twice',
        [plain, buttons(reply('A'), reply('A'))],
        ['.1.buttons.1.text Another button has the same text.'],
      ],
      [
        'long URL',
        [plain, buttons(link('Go', `https://a.test/${'x'.repeat(1_986)}`))],
        ['.1.buttons.0.url The URL has 2001 characters; 2000 are allowed.'],
      ],
      [
        'link to an IP address',
        [plain, buttons(link('Go', 'https://203.0.113.7/{{1}}'), link('Home', 'http://[2001:db8::1]/'))],
        [
          '.1.buttons.0.url Must name its site; WhatsApp refuses links to IP addresses.',
          '.1.buttons.1.url Must name its site; WhatsApp refuses links to IP addresses.',
        ],
      ],
      [
        'variable inside a URL',
        [plain, buttons(link('Go', 'https://a.test/{{1}}/x'))],
        ['.1.buttons.0.url The variable must be the end of the URL.'],
      ],
      [
        'two variables in a URL',
        [plain, buttons(link('Go', 'https://a.test/{{1}}/{{2}}'))],
        ['.1.buttons.0.url A URL may have one variable.'],
      ],
      [
        'named variable in a URL',
        [plain, buttons(link('Go', 'https://a.test/{{id}}'))],
        ['.1.buttons.0.url The variable of a URL is written {{1}}.'],
      ],
      [
        'no web address',
        [plain, buttons(link('A', 'shop.test/x'), link('B', 'https://'))],
        [
          '.1.buttons.0.url Must be an address that starts with https:// or http://.',
          '.1.buttons.1.url Must be an address that starts with https:// or http://.',
        ],
      ],
      [
        'script as URL',
        [plain, buttons(link('A', 'javascript:alert(1)//https://a.test'))],
        ['.1.buttons.0.url Must be an address that starts with https:// or http://.'],
      ],
      [
        'unfinished variable in a URL',
        [plain, buttons(link('A', 'https://a.test/{{1'))],
        ['.1.buttons.0.url A variable is written {{1}} or {{name}}.'],
      ],
      [
        'phone numbers',
        [plain, buttons(phone('A', '0555 1234'))],
        ['.1.buttons.0.phone_number Must be a phone number with + and country code, at most 20 characters.'],
      ],
    ] as const) {
      it(`${what} › named with its path`, () => {
        assert.deepEqual(issuesOf(...components), issues);
      });
    }
  });

  it('any texts › never throws, and every path leads below body.components', () => {
    const anyText = fc.oneof(fc.string(), fc.stringMatching(/^[ {}1-3a-cA\n/:.]{0,30}$/));
    const component = fc.oneof(
      anyText.map(header),
      anyText.map(body),
      anyText.map(footer),
      fc
        .array(
          fc.oneof(
            anyText.map(reply),
            fc.tuple(anyText, anyText).map(([text, url]) => link(text, url)),
          ),
        )
        .map((list) => buttons(...list)),
    );
    fc.assert(
      fc.property(fc.array(component, { maxLength: 6 }), (components) => {
        for (const { path } of checkComponents(components, 'utility'))
          assert.match(path, /^body\.components(\.\d+)?/);
      }),
    );
  });

  it('every accepted template › can be filled with exactly its variables', () => {
    const word = fc.constantFrom('Hello', 'your order', '{{1}}', '{{2}}', '{{name}}', 'today.');
    const text = fc.array(word, { minLength: 1, maxLength: 7 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, (bodyText) => {
        const components = [body(bodyText)];
        fc.pre(checkComponents(components, 'utility').length === 0);
        const names = [...bodyText.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '');
        const values = Object.fromEntries(names.map((name) => [name, 'x']));
        assert.equal(fillTemplate(components, { body: values }).ok, true);
      }),
    );
  });
});
