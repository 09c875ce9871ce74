import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ambiguousWords,
  defaultStartWords,
  defaultStopWords,
  findKeyword,
  keywordOf,
  normaliseWord,
  textsOf,
  wordsOf,
} from '../../../src/consent/words/rules.ts';

const defaults = wordsOf({});
const allOf = (lists: Readonly<Record<string, readonly string[]>>) => Object.values(lists).flat();

describe('consent keywords', () => {
  it('default keywords › every language has both kinds, and none means both', () => {
    const languages = ['en', 'es', 'pt', 'fr', 'de', 'it', 'id', 'hi', 'ar', 'tr', 'zh'];
    assert.deepEqual(Object.keys(defaultStopWords), languages);
    assert.deepEqual(Object.keys(defaultStartWords), languages);
    assert.deepEqual(ambiguousWords(defaults), []);
  });

  it('every default word › is known as it is, loud, and dressed up', () => {
    for (const [keyword, words] of [
      ['stop', allOf(defaultStopWords)],
      ['start', allOf(defaultStartWords)],
    ] as const) {
      for (const word of words) {
        assert.equal(keywordOf(word, defaults), keyword, word);
        assert.equal(keywordOf(`  «${word.toUpperCase()}»!!! 🛑\n`, defaults), keyword, word);
        assert.equal(keywordOf(word.normalize('NFD'), defaults), keyword, word);
      }
    }
  });

  const stops: readonly [string, string][] = [
    ['another case', 'sToP'],
    ['full width', 'ＳＴＯＰ'],
    ['in circles', 'ⓈⓉⓄⓅ'],
    ['with accents that it does not have', 'stóp'],
    ['without the accents that it has', 'desinscription'],
    ['punctuation around it', '...stop?!'],
    ['emoji around it', '🛑STOP🛑'],
    ['an emoji with a variation selector', 'stop ✋️'],
    ['quotes and spaces', '"stop" '],
    ['invisible characters', '\u200fst\u200bop\u2060'],
    ['a hyphen for the space', 'Opt-Out'],
    ['an underscore for the space, as in payloads', 'OPT_OUT'],
    ['two spaces', 'opt   out'],
    ['a Turkish capital', 'AYRIL'],
    ['a stretched Arabic word', 'توقـــف'],
    ['an Arabic word with its vowels', 'تَوَقَّف'],
    ['an Arabic word without its hamza', 'ايقاف'],
    ['Hindi with a full stop of its own', 'बंद करो।'],
    ['the word twice', 'stop stop'],
    ['the word on two lines', 'STOP\nSTOP'],
    ['a usual button', 'Stop promotions'],
    ['another usual button', 'Stop messages'],
    ['a request', 'Stop please'],
    ['a request with a comma', 'please, stop!'],
    ['with thanks', 'stop, thanks'],
    ['the word of carriers', 'END'],
    ['Spanish', 'Desuscribirse'],
    ['Chinese', '停止'],
    ['the word before 70,000 spaces', `STOP${' '.repeat(70_000)}`],
  ];
  for (const [name, text] of stops) {
    it(`${name} › the keyword`, () => {
      const words = wordsOf({ stopWords: { tr: ['ayrıl'] } });
      assert.equal(keywordOf(text, words), 'stop');
    });
  }

  const others: readonly [string, string][] = [
    ['nothing', ''],
    ['emoji only', '🛑'],
    ['a sentence that begins with the word', 'stop by at nine'],
    ['a sentence about a visit', 'stop by the shop tomorrow?'],
    ['a sentence with the word and a comma', 'stop, I have a question'],
    ['a sentence that ends with the word', 'when does the bus stop'],
    ['a word of an order', 'Cancelar'],
    ['an Arabic word of an order', 'إلغاء'],
    ['different words', 'stop start'],
    ['a question', 'Can I start?'],
    ['a longer word', 'stopped'],
    ['a part of the word', 'sto'],
    ['letters with spaces', 's t o p'],
    ['a number beside it', 'stop 1'],
    ['what is said of orders', 'cancel'],
    ['an English yes that is an Italian end', 'Fine!'],
    ['a Hindi word with other vowel signs', 'बद'],
    ['a long text', `stop${'!'.repeat(300)}`],
  ];
  for (const [name, text] of others) {
    it(`${name} › means nothing`, () => assert.equal(keywordOf(text, defaults), null));
  }

  it('own keywords › are added to the defaults, or replace those of their language', () => {
    const own = { stopWords: { de: ['Ende'] }, startWords: { de: ['Weiter'] } };
    const added = wordsOf(own);
    assert.deepEqual(
      ['ENDE', 'stopp', 'weiter', 'starten', 'baja'].map((text) => keywordOf(text, added)),
      ['stop', 'stop', 'start', 'start', 'stop'],
    );
    const replaced = wordsOf({ ...own, replacesDefaults: true });
    assert.deepEqual(
      ['ENDE', 'stopp', 'weiter', 'starten', 'baja'].map((text) => keywordOf(text, replaced)),
      ['stop', null, 'start', null, 'stop'],
    );
    assert.deepEqual(ambiguousWords(wordsOf({ startWords: { en: ['Baja'] } })), ['baja']);
  });

  it('several texts › the first that means something, as it was said; a stop before everything', () => {
    assert.equal(findKeyword(['Hello', 'more'], defaults), null);
    assert.equal(findKeyword([], defaults), null);
    assert.deepEqual(findKeyword(['Hello', 'Start!'], defaults), { keyword: 'start', wording: 'Start!' });
    assert.deepEqual(findKeyword(['Start', 'STOP.'], defaults), { keyword: 'stop', wording: 'STOP.' });
  });

  it('a message › its text, or caption, or label and payload of a tapped button; never a quoted text', () => {
    const cases: readonly [Record<string, unknown>, string[]][] = [
      [{ type: 'text', text: { body: 'Stop' } }, ['Stop']],
      [{ type: 'button', button: { text: 'No more', payload: 'STOP' } }, ['No more', 'STOP']],
      [{ type: 'button', button: { text: 'No more' } }, ['No more']],
      [
        { interactive: { type: 'button_reply', button_reply: { id: 'stop', title: 'Enough' } } },
        ['Enough', 'stop'],
      ],
      [{ interactive: { list_reply: { id: 'a', title: 'Quit', description: 'stop' } } }, ['Quit', 'a']],
      [{ type: 'image', image: { caption: 'stop' }, context: { text: { body: 'quit' } } }, ['stop']],
      [{ text: null, button: 'stop', interactive: { button_reply: 7 } }, []],
      [{ text: { body: 7 } }, []],
      // As some relays send it.
      [{ text: 'stop' }, ['stop']],
    ];
    for (const [raw, said] of cases) assert.deepEqual(textsOf(raw), said, JSON.stringify(raw));
  });

  it('normalising › idempotent; decoration never changes the meaning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(normaliseWord(normaliseWord(text)), normaliseWord(text));
      }),
    );
    const around = fc
      .array(
        fc.constantFrom(' ', '\t', '\n', '.', ',', '!', '?', '¿', '"', '(', '*', '-', '🛑', '✋🏽', '❤️'),
        { maxLength: 20 },
      )
      .map((parts) => parts.join(''));
    const word = fc.constantFrom(...allOf(defaultStopWords));
    fc.assert(
      fc.property(around, word, around, (before, text, after) => {
        assert.equal(keywordOf(`${before}${text}${after}`, defaults), 'stop');
      }),
    );
  });

  it('a keyword among other words › never counts', () => {
    const word = fc.constantFrom(...allOf(defaultStopWords), ...allOf(defaultStartWords));
    const known = new Set([...defaults.stop, ...defaults.start]);
    const other = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(word, other, (text, more) => {
        for (const sentence of [`${text} ${more}`, `${more} ${text}`]) {
          fc.pre(!known.has(normaliseWord(sentence)));
          assert.equal(keywordOf(sentence, defaults), null);
        }
      }),
    );
  });
});
