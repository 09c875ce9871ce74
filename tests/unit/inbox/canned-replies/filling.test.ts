import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fillReply } from '../../../../src/inbox/canned-replies/filling.ts';

const none = { known: {}, given: {} };
const known = { contact_name: 'Ana', agent_name: 'Ben' };

describe('canned replies › filling', () => {
  it('known and given values › the whole text; a given one comes first', () => {
    const body = 'Hello {{contact_name}}, {{ agent_name }} here: {{order}}.';
    assert.deepEqual(fillReply(body, { known, given: { order: '1042' } }), {
      ...{ text: 'Hello Ana, Ben here: 1042.', needs: [], issues: [] },
    });
    const given = { contact_name: 'Mrs Souza', order: '7' };
    assert.equal(fillReply(body, { known, given }).text, 'Hello Mrs Souza, Ben here: 7.');
  });

  it('a variable without a value › no text, and its name once, in the order of first use', () => {
    const body = '{{b}} {{contact_name}} {{a}} {{b}}';
    assert.deepEqual(fillReply(body, { known, given: {} }), { text: null, needs: ['b', 'a'], issues: [] });
  });

  it('a known value that is blank or has a line break › is needed, and is no fault of the caller', () => {
    for (const contact_name of ['', ' ', 'Ana\nSouza', undefined])
      assert.deepEqual(fillReply('{{contact_name}}', { known: { contact_name }, given: {} }), {
        ...{ text: null, needs: ['contact_name'], issues: [] },
      });
  });

  it('a given value that is blank, has a line break or belongs to no variable › its path', () => {
    const given = { a: ' ', b: 'x\ny', c: 'z' };
    const { text, needs, issues } = fillReply('{{a}}{{b}}', { known, given });
    assert.deepEqual([text, needs], [null, []]);
    assert.deepEqual(
      issues.map(({ path }) => path).toSorted(),
      ['a', 'b', 'c'].map((name) => `body.values.${name}`),
    );
  });

  it('a text that grows too long › refused', () => {
    const { text, issues } = fillReply('{{a}}'.repeat(5), { known, given: { a: 'x'.repeat(1_000) } });
    assert.equal(text, null);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ['body.values'],
    );
  });

  it('a value that looks like a variable › is not filled again', () => {
    assert.equal(fillReply('{{a}}', { known, given: { a: '{{agent_name}}' } }).text, '{{agent_name}}');
  });

  it('a text without variables › stays as it is', () => {
    assert.equal(fillReply('Until six.\n{x}', none).text, 'Until six.\n{x}');
  });

  it('any text and values › either every variable has its value, or what is missing is named', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'contact_name');
    const parts = fc.array(fc.record({ before: fc.stringMatching(/^[a-z ]{0,5}$/), name: names }));
    const values = fc.dictionary(names, fc.stringMatching(/^[A-Z]{1,5}$/));
    fc.assert(
      fc.property(parts, values, values, (pieces, first, second) => {
        const own = Object.fromEntries(
          Object.entries(second).filter(([name]) => pieces.some((piece) => piece.name === name)),
        );
        const body = pieces.map(({ before, name }) => `${before}{{${name}}}`).join('');
        const all: Record<string, string> = { ...first, ...own };
        const missing = [...new Set(pieces.map(({ name }) => name))].filter(
          (name) => all[name] === undefined,
        );
        const { text, needs, issues } = fillReply(body, { known: first, given: own });
        assert.deepEqual(needs, missing);
        assert.deepEqual(issues, []);
        const whole = pieces.map(({ before, name }) => `${before}${all[name]}`).join('');
        assert.equal(text, missing.length === 0 ? whole : null);
      }),
    );
  });
});
