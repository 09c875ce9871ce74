import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { z } from 'zod';
import { payloadOf, reactionOf } from '../../../../../src/sending/messages/content/payload.ts';
import { Content } from '../../../../../src/sending/messages/content/schemas.ts';
import { noFacts } from '../../../../../src/sending/messages/content/shown/kind.ts';
import { ShownContent } from '../../../../../src/sending/messages/content/shown/schemas.ts';
import { shownContent, type StoredContent } from '../../../../../src/sending/messages/content/shown/view.ts';
import { contentKinds, fullContents, good, shownAsSent } from '../../../../support/contents.ts';
import { fieldsOf, missingIn } from '../../../../support/shown-content.ts';

type Kind = keyof typeof fullContents;

const shown = (kind: Kind) => shownAsSent(good(fullContents[kind]));
const received = (messageType: string, stored: StoredContent) => shownContent(stored, { messageType });

type Schema = z.core.$ZodType;

/** Without the wrappers that say that there may be no value. */
const bare = (schema: Schema): Schema =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap()) : schema;

const mayBeNull = (schema: Schema): boolean => z.safeParse(schema, null).success;

/** The names of the input, at any depth, that the schema of the answer does not have, or that it may leave out. */
function namesMissing(given: Schema, answer: Schema, path: string): string[] {
  const [input, output] = [bare(given), bare(answer)];
  if (input instanceof z.ZodDiscriminatedUnion) {
    assert.ok(output instanceof z.ZodDiscriminatedUnion, path);
    return input.options.flatMap((option) => {
      const type = String([...(option._zod.propValues?.['type'] ?? [])][0]);
      const same = output.options.find((one) => one._zod.propValues?.['type']?.has(type) === true);
      return same === undefined ? [`${path} ${type}`] : namesMissing(option, same, `${path} ${type}`);
    });
  }
  if (input instanceof z.ZodArray) {
    assert.ok(output instanceof z.ZodArray, path);
    return namesMissing(input.element, output.element, `${path}[]`);
  }
  if (!(input instanceof z.ZodObject)) return [];
  assert.ok(output instanceof z.ZodObject, path);
  return Object.entries(input.shape as Record<string, Schema>).flatMap(([name, field]) => {
    const place = `${path}.${name}`;
    const answered = (output.shape as Record<string, Schema>)[name];
    if (answered === undefined || answered instanceof z.ZodOptional) return [place];
    if (field instanceof z.ZodOptional && !mayBeNull(answered) && name !== 'isVoice' && name !== 'action')
      return [`${place} cannot be null`];
    return namesMissing(field, answered, place);
  });
}

describe('shown content › of a message that we send', () => {
  it('the schemas › every name of the input, however deep, is a name of the answer and never missing', () => {
    assert.deepEqual(namesMissing(Content, ShownContent, 'content'), []);
    const other = z.object({ text: z.string(), parts: z.array(z.object({ id: z.string() })) });
    const given = z.object({ body: z.string(), parts: z.array(z.object({ key: z.string() })) });
    assert.deepEqual(namesMissing(given, other, 'x'), ['x.body', 'x.parts[].key'], 'another name is found');
  });

  it('the schemas › each type › has one example, with all its fields', () => {
    for (const option of ShownContent.options) {
      const examples = option.meta()?.['examples'];
      assert.ok(Array.isArray(examples) && examples.length === 1);
      assert.deepEqual(option.parse(examples[0]), examples[0]);
    }
  });

  it('every kind › matches the schema of the answer and has all that was written', () => {
    for (const kind of contentKinds) {
      const view = shown(kind);
      assert.deepEqual(ShownContent.parse(view), view, kind);
      assert.deepEqual(missingIn(view, fullContents[kind]), [], kind);
    }
  });

  it('as many cards as a message can have › all of them', () => {
    const card = { name: { formattedName: 'Ana', firstName: 'Ana' } };
    const content = { type: 'contacts', contacts: Array.from({ length: 257 }, () => card) };
    assert.deepEqual(missingIn(shownAsSent(good(content)), content), []);
  });

  it('the check › finds another name, another value and a shorter list', () => {
    const posted = { type: 'list', sections: [{ rows: [{ id: 'a' }, { id: 'b' }] }] };
    const paths = (answer: unknown) => missingIn(answer, posted).map(({ path }) => path);
    assert.deepEqual(paths({ ...posted, more: 1 }), []);
    assert.deepEqual(paths({ kind: 'list', sections: posted.sections }), ['content.type']);
    assert.deepEqual(paths({ ...posted, sections: [{ rows: [{ id: 'a' }, { id: 'c' }] }] }), [
      'content.sections.0.rows.1.id',
    ]);
    assert.deepEqual(paths({ ...posted, sections: [{ rows: [{ id: 'a' }] }] }), ['content.sections.0.rows']);
    assert.deepEqual(paths({ ...posted, sections: null }), ['content.sections']);
  });

  it('a file by its address, by the provider’s id, by ours › `mediaId` or `link` as it was sent', () => {
    const rest = { caption: null, filename: null, state: null, mimeType: null, sha256: null };
    const none = { ...rest, mediaId: null, link: null, fileId: null, providerMediaId: null };
    const flags = { isVoice: false, isAnimated: false };
    assert.deepEqual(fieldsOf(shown('document')), {
      ...{
        ...none,
        ...flags,
        link: 'https://example.com/a.pdf?v=2',
        filename: 'bill.pdf',
        caption: 'The bill',
      },
    });
    const id = '1037543291543637';
    assert.deepEqual(fieldsOf(shown('audio')), {
      ...{ ...none, ...flags, mediaId: id, providerMediaId: id, isVoice: true },
    });
    const ours = '0123456789abcdef01234567';
    const content = good({ type: 'sticker', mediaId: ours });
    assert.deepEqual(fieldsOf(shownAsSent(content)), { ...none, ...flags, mediaId: ours, fileId: ours });
  });

  it('a product without a text › its ids, and no text', () => {
    const product = good({ type: 'product', catalogId: '1', productId: 'cake-2' });
    assert.deepEqual(shownAsSent(product), {
      ...{ ...noFacts, type: 'product', body: null, footer: null, catalogId: '1', productId: 'cake-2' },
    });
  });

  it('a reaction that is taken back › no emoji', () => {
    const content = good({ ...fullContents.reaction, emoji: null });
    assert.deepEqual(fieldsOf(shownAsSent(content)), {
      messageId: fullContents.reaction.messageId,
      emoji: null,
    });
  });
});

describe('shown content › of a message that came in', () => {
  it('a place, cards and a reaction of a contact › in the same form as ours', () => {
    for (const kind of ['location', 'contacts', 'reaction'] as const) {
      const content = good(fullContents[kind]);
      const payload = content.type === 'reaction' ? reactionOf(content, 'wamid.1') : payloadOf(content);
      const raw = { ...payload, id: 'wamid.in', from: '4915112345601' };
      const repliesTo = Types.ObjectId.createFromHexString(fullContents.reaction.messageId);
      const view = shownContent({ raw }, { messageType: kind, repliesTo });
      assert.deepEqual(fieldsOf(view), fieldsOf(shown(kind)), kind);
    }
  });

  it('a reaction to a message that is not stored › names none', () => {
    const view = received('reaction', { reaction: { emoji: '👍' }, text: '👍' });
    assert.deepEqual(fieldsOf(view), { messageId: null, emoji: '👍' });
  });

  it('a file › of the type of its message, or else of its media type', () => {
    const media = (mimeType?: string) => ({
      media: { id: 'm1', ...(mimeType === undefined ? {} : { mimeType }) },
    });
    const typeOf = (messageType: string, mimeType?: string) => received(messageType, media(mimeType)).type;
    assert.equal(typeOf('sticker', 'image/webp'), 'sticker');
    assert.equal(typeOf('hologram', 'video/mp4'), 'video');
    assert.equal(typeOf('hologram', 'application/pdf'), 'document');
    assert.equal(typeOf('hologram'), 'document');
  });

  it('our copy of a file › its id to send it on, and its state', () => {
    const [_id, fileId] = [new Types.ObjectId('0123456789abcdef01234567'), '0123456789abcdef01234567'];
    const file = { _id, state: 'stored' as const, messageId: new Types.ObjectId() };
    const holder = { messageType: 'image' };
    const copy = { fileId, mediaId: fileId, state: 'stored' };
    const inbound = shownContent({ media: { id: 'm1' } }, holder, file);
    assert.deepEqual(missingIn(inbound, { ...copy, providerMediaId: 'm1' }), []);
    const sent = { fileId, payload: payloadOf({ type: 'image', mediaId: fileId }) };
    assert.deepEqual(missingIn(shownContent(sent, holder, file), { ...copy, providerMediaId: null }), []);
  });

  it('a file that WhatsApp names without an id › of its type, with what is known', () => {
    const view = received('image', { text: 'Look' });
    assert.deepEqual([view.type, view.text, 'fileId' in view && view.fileId], ['image', 'Look', null]);
  });

  it('words › as their body; words that stand for something else › unsupported; nothing › empty', () => {
    const view = (messageType: string, stored: StoredContent) => {
      const { type, text } = received(messageType, stored);
      return { type, text };
    };
    assert.deepEqual(fieldsOf(received('text', { text: 'Hi' })), { body: 'Hi', hasLinkPreview: null });
    const unknown = { text: 'Unsupported message: hologram' };
    assert.deepEqual(view('hologram', unknown), { type: 'unsupported', ...unknown });
    assert.deepEqual(fieldsOf(received('unsupported', { text: 'x', unsupportedType: 'poll' })), {
      unsupportedType: 'poll',
    });
    assert.deepEqual(view('text', { isForwarded: true }), { type: 'unsupported', text: null });
    for (const type of ['text', 'image', 'template', 'hologram'])
      assert.deepEqual(received(type, {}), { ...noFacts, type: 'empty' });
  });

  it('odd shapes of a contact › the readable parts, without the rest', () => {
    const ana = { name: { formatted_name: 'Ana', first_name: 7 }, phones: 'none' };
    const cards = received('contacts', {
      raw: { type: 'contacts', contacts: [{ name: 'odd' }, ana, null] },
    });
    assert.ok(cards.type === 'contacts');
    assert.deepEqual(
      cards.contacts.map(({ name, phones, org }) => [name.formattedName, name.firstName, phones, org]),
      [['Ana', null, null, null]],
    );
    for (const odd of [null, 'odd', 7, [], {}, { latitude: 'x' }, { name: {} }]) {
      for (const type of ['location', 'contacts', 'reaction', 'image', 'order', 'system']) {
        const view = received(type, { text: 'Hello', raw: { type, [type]: odd } });
        const about = JSON.stringify([type, odd]);
        assert.deepEqual(ShownContent.parse(view), view, about);
        assert.deepEqual(missingIn(view, { ...noFacts, text: 'Hello' }), [], about);
        const values = Object.values(fieldsOf(view)).filter((value) => value !== null && value !== false);
        assert.deepEqual(values, view.type === 'system' ? ['other'] : [], about);
        assert.ok(['unsupported', 'image', 'system'].includes(view.type), about);
      }
    }
  });
});
