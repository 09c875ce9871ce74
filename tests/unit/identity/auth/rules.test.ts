import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-common';
import { passwordProblem, weaknessOf } from '../../../../src/identity/auth/rules.ts';

describe('password rule', () => {
  for (const [situation, password, isTaken] of [
    ['7 bytes', 'x'.repeat(7), false],
    ['8 bytes', 'x'.repeat(8), true],
    ['72 bytes', 'x'.repeat(72), true],
    ['73 bytes', 'x'.repeat(73), false],
    ['24 three-byte characters', '€'.repeat(24), true],
    ['25 three-byte characters', '€'.repeat(25), false],
    ['a NUL inside', 'abcdefgh\0ijkl', false],
  ] as const) {
    it(`${situation} › ${isTaken ? 'taken' : 'refused with a reason'}`, () => {
      const problem = passwordProblem(password);
      assert.equal(problem === undefined, isTaken);
      if (problem !== undefined) assert.match(problem, /^The password must/);
    });
  }
});

describe('guessable password', () => {
  const common = new Set(dictionary['passwords-common']);
  const owner = { email: 'jane.doe@doe-sons.example', names: ['Jane Dœ', 'Doe & Sons'] };
  const judge = (password: string) => weaknessOf(password, owner, common);

  for (const [situation, passwords, reason] of [
    [
      'repeats or counts',
      [
        '        ',
        '11111111',
        'abababab',
        'abcdabcd',
        'hello1hello1',
        'abcdefgh',
        '87654321',
        'абвг',
        'abcdefgh1',
        'Abcdefgh1!',
        '2024abcdefgh',
        'ａａａａａａａａ',
        'aA aA aA',
      ],
      /repeats/,
    ],
    [
      'common',
      [
        '12345679',
        'password',
        'Password1',
        'PASSWORD123',
        ' qwertyuiop ',
        'p a s s w o r d',
        'ｐａｓｓｗｏｒｄ',
      ],
      /attackers try first/,
    ],
    [
      'own',
      [
        'jane.doe@doe-sons.example',
        'jane.doe',
        'JaneDoe1',
        'doejane99',
        '2024-Doe-Sons!',
        'doe & sons',
        'WhatsApp2024!',
        'whatsappcrm',
        'Jane1234',
      ],
      /others know/,
    ],
    [
      'a common word, dressed up',
      [
        'Password1!',
        'Welcome1!',
        'Summer2026!',
        'Qwerty123!',
        'Secret123!',
        'P@ssw0rd#2026',
        'Pa$$w0rd!!',
        '!!Adm1n-2026',
        '123Dragon456',
        'M0nk3y_987654',
        'L3tm31n!',
        'w-e-l-c-o-m-e-1',
        'SummerSummer7!',
        'Ｗｅｌｃｏｍｅ９！',
        'Qwertyuiop1!',
        'zxcvbnm,./',
        'asdf;lkj',
        'Company2026!',
      ],
      /common word with digits or signs/,
    ],
    [
      'contains own names',
      [
        'JaneDoe2026Tea!',
        'My-jane.doe-99',
        'xX-Jane-Xx-2026',
        'J4ne-Coffee!',
        'doe-sons-4ever!',
        'WhatsAppTea2026!',
        '1234Wh4tsAppABC',
      ],
      /has little beside/,
    ],
  ] as const)
    for (const password of passwords)
      it(`${situation}: "${password}" › refused, and says what to do`, () => {
        assert.match(judge(password) ?? '', reason);
        assert.match(judge(password) ?? '', /Choose a longer one/);
      });

  for (const password of [
    'Seven-otters-like-tea',
    'correct horse battery',
    'jane likes 7 green tables',
    'Übermorgen-ist-Sonntag',
    '密码很长而且不同',
  ])
    it(`"${password}" › taken`, () => assert.equal(judge(password), undefined));

  it('made by a password manager, 12 characters › taken, but for a few in ten thousand', () => {
    const made = Array.from({ length: 5_000 }, () => randomBytes(9).toString('base64url'));
    const refused = made.filter((password) => judge(password) !== undefined);
    assert.ok(refused.length <= 3, refused.join(' '));
  });

  it('three words of a word list › taken', () => {
    const words = dictionary['diceware-common'] as readonly string[];
    for (let place = 0; place + 4_000 < words.length; place += 1) {
      const phrase = [words[place], words[place + 2_000], words[place + 4_000]].join(' ');
      assert.equal(judge(phrase), undefined, phrase);
    }
  });

  it('the whole list › no entry of 8 or more characters passes', () => {
    const passed = [...common].filter((password) => password.length >= 8 && judge(password) === undefined);
    assert.deepEqual(passed, []);
  });
});
