import assert from 'node:assert/strict';
import { payloadOf, reactionOf } from '../../../../../src/sending/messages/content/payload.ts';
import type { Content } from '../../../../../src/sending/messages/content/schemas.ts';
import { emptyContent, ShownContent } from '../../../../../src/sending/messages/content/shown/schemas.ts';
import { shownContent, type StoredContent } from '../../../../../src/sending/messages/content/shown/view.ts';
import { contentKinds, fullContents } from '../../../../support/contents.ts';

type Kind = keyof typeof fullContents;

const stored = (kind: Kind): StoredContent => {
  const content = fullContents[kind] as unknown as Content;
  return {
    payload: content.type === 'reaction' ? reactionOf(content, 'wamid.1') : payloadOf(content),
  };
};
const shown = (kind: Kind) => shownContent(stored(kind));

/** All words and numbers in it, wherever they stand. */
const valuesOf = (part: unknown): readonly unknown[] =>
  typeof part === 'object' && part !== null ? Object.values(part).flatMap(valuesOf) : [part];

describe('shown content', () => {
  const empty = emptyContent;

  it('every kind › matches the schema of the answer and has all that was written', () => {
    const elsewhere = new Set<Kind>(['text']);
    const hidden: readonly unknown[] = [
      ...['navigate', 'published', 'draft', fullContents.flow.flowToken, fullContents.flow.screen],
      ...valuesOf(fullContents.flow.data),
      fullContents.reaction.messageId,
    ];
    for (const kind of contentKinds) {
      const view = shown(kind);
      assert.deepEqual(ShownContent.parse(view), view, kind);
      if (elsewhere.has(kind)) continue;
      const seen = new Set(valuesOf(view));
      const { type: _type, ...written } = fullContents[kind];
      const missing = valuesOf(written).filter((value) => !seen.has(value) && !hidden.includes(value));
      assert.deepEqual(missing, [], kind);
    }
  });

  it('a flow › its button; neither its token nor its data', () => {
    const text = JSON.stringify(shown('flow'));
    assert.doesNotMatch(text, new RegExp(fullContents.flow.flowToken));
    for (const name of Object.keys(fullContents.flow.data)) assert.ok(!text.includes(name), name);
  });

  it('a file by its address › the address; by its id › the id', () => {
    const file = {
      fileId: null,
      state: null,
      mimeType: null,
      sha256: null,
      isVoice: false,
      isAnimated: false,
    };
    assert.deepEqual(shown('document').media, {
      ...{ ...file, id: null, link: 'https://example.com/a.pdf?v=2' },
      ...{ filename: 'bill.pdf', caption: 'The bill' },
    });
    assert.deepEqual(shown('audio').media, {
      ...{ ...file, id: '1037543291543637', link: null, filename: null, caption: null, isVoice: true },
    });
  });

  it('buttons › header, text, small print and buttons with their ids', () => {
    assert.deepEqual(shown('buttons').interactive, {
      type: 'buttons',
      header: { type: 'image', text: null, id: '1037543291543639', link: null, filename: null },
      body: 'Will you come?',
      footer: 'Table 7',
      buttons: [
        { id: 'yes', title: 'Yes' },
        { id: 'no', title: 'No' },
        { id: 'later', title: 'Later' },
      ],
    });
  });

  it('a request for an address › the form as it was filled, with its errors and saved addresses', () => {
    const { interactive } = shown('addressRequest');
    assert.ok(interactive?.type === 'addressRequest');
    const { country, values, savedAddresses, fieldErrors } = interactive;
    assert.deepEqual([country, values?.pinCode, values?.postCode], ['IN', '560001', null]);
    assert.deepEqual(
      savedAddresses.map(({ id, values: kept }) => [id, kept.city]),
      [
        ['home', null],
        ['work', 'Mysuru'],
      ],
    );
    assert.equal(fieldErrors?.pinCode, 'We do not deliver there yet');
  });

  it('a product without a text › its ids, and no text', () => {
    const product = { type: 'product', catalogId: '1', productId: 'cake-2' } as const;
    assert.deepEqual(shownContent({ payload: payloadOf(product) }).interactive, {
      ...{ type: 'product', header: null, body: null, footer: null },
      ...{ catalogId: '1', productId: 'cake-2' },
    });
  });

  it('a reaction that is taken back › no emoji', () => {
    assert.deepEqual(shownContent({ payload: reactionOf({ emoji: null }, 'wamid.1') }).reaction, {
      emoji: null,
    });
  });

  it('a place, cards and a reaction of a contact › in the same form as ours', () => {
    for (const kind of ['location', 'contacts', 'reaction'] as const) {
      const { payload } = stored(kind);
      const raw = { ...payload, id: 'wamid.in', from: '4915112345601' };
      const { text: _text, ...content } = shownContent({ raw });
      const { text: _none, ...ours } = shown(kind);
      assert.deepEqual(content, ours, kind);
    }
  });

  it('odd shapes of a contact › the readable parts, without the rest', () => {
    const ana = { name: { formatted_name: 'Ana', first_name: 7 }, phones: 'none' };
    const cards = shownContent({
      raw: { type: 'contacts', contacts: [{ name: 'odd' }, ana, null] },
    }).contacts;
    assert.deepEqual(
      cards?.map(({ name, phones, org }) => [name.formattedName, name.firstName, phones, org]),
      [['Ana', null, [], null]],
    );
    for (const odd of [null, 'odd', 7, [], {}, { latitude: 'x' }, { name: {} }]) {
      for (const type of ['location', 'contacts', 'reaction', 'image', 'order', 'system']) {
        const view = shownContent({ text: 'Hello', raw: { type, [type]: odd } });
        const { system, ...others } = view;
        assert.deepEqual(
          { ...others, system: null },
          { ...empty, text: 'Hello' },
          JSON.stringify([type, odd]),
        );
        assert.ok(system === null || system.kind === 'other');
      }
    }
  });

  it('a template, or an unknown kind › null', () => {
    assert.deepEqual(shownContent({}), empty);
    assert.deepEqual(shownContent({ text: 'Hello', raw: { type: 'order', order: {} } }), {
      ...empty,
      text: 'Hello',
    });
  });
});
