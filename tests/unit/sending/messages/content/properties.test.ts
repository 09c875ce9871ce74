import assert from 'node:assert/strict';
import fc from 'fast-check';
import { payloadOf, reactionOf } from '../../../../../src/sending/messages/content/payload.ts';
import { Content } from '../../../../../src/sending/messages/content/schemas.ts';
import { readableText } from '../../../../../src/sending/messages/content/text.ts';
import type { FreeFormPayload, InteractiveObject } from '../../../../../src/whatsapp/free-form.ts';
import { contentKinds, fullContents, shownAsSent } from '../../../../support/contents.ts';
import { missingIn } from '../../../../support/shown-content.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

// Enough for every kind to be accepted at least once.
const runs = 4_000;

/** Lengths around every limit that Meta has, with characters of one and of two code units. */
const anyText = fc
  .tuple(
    fc.constantFrom(0, 1, 19, 20, 21, 24, 25, 60, 61, 72, 73, 200, 201, 256, 257, 1_024, 1_025, 4_096, 4_097),
    fc.constantFrom('x', 'é', '👍', ' ', '\n'),
  )
  .map(([length, character]) => character.repeat(length).slice(0, length));

/** A valid content in which any text, list or field may have been changed. */
const mutated = fc.constantFrom(...contentKinds).chain((kind) => mutationOf(fullContents[kind] as Json));

function mutationOf(json: Json): fc.Arbitrary<Json> {
  if (typeof json === 'string') return often(json, anyText);
  if (typeof json !== 'object' || json === null) return often<Json>(json, fc.constantFrom(null, 0, 'x'));
  if (isList(json)) {
    const items = fc.tuple(...json.map(mutationOf));
    return fc
      .tuple(items, fc.constantFrom(0, 1, 1, 1, 2, 4))
      .map(([list, times]) => Array.from({ length: times }, () => list).flat());
  }
  const fields = fc.record(
    Object.fromEntries(Object.entries(json).map(([name, value]) => [name, mutationOf(value)])),
  );
  const dropped = fc.subarray(Object.keys(json), { maxLength: 1 });
  return fc
    .tuple(fields, dropped, fc.nat(4))
    .map(([record, names, luck]) =>
      luck > 0
        ? record
        : Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name))),
    );
}

const isList = (json: Json): json is readonly Json[] => Array.isArray(json);
const often = <T extends Json>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const assertText = (text: string | undefined, limit: number): void => {
  if (text === undefined) return;
  assert.ok(text.length <= limit && text.trim() !== '', `${text.length} of ${limit}`);
};

/** Meta's limits written independently, checked on the outgoing body: the schema would only agree with itself. */
function assertWithinLimits(payload: FreeFormPayload): void {
  switch (payload.type) {
    case 'text':
      return assertText(payload.text.body, 4_096);
    case 'image':
      return assertMedia(payload.image);
    case 'video':
      return assertMedia(payload.video);
    case 'document':
      return assertMedia(payload.document);
    case 'audio':
      return assertMedia(payload.audio);
    case 'sticker':
      return assertMedia(payload.sticker);
    case 'location':
      assert.ok(Math.abs(payload.location.latitude) <= 90);
      return assert.ok(Math.abs(payload.location.longitude) <= 180);
    case 'contacts':
      assert.ok(payload.contacts.length >= 1 && payload.contacts.length <= 257);
      for (const { name } of payload.contacts) assert.ok(Object.keys(name).length >= 2);
      return;
    case 'reaction':
      return assert.notEqual(payload.reaction.message_id, '');
    case 'interactive':
      return assertInteractive(payload.interactive);
  }
}

function assertMedia(media: { id?: string; link?: string; caption?: string }): void {
  assert.equal(Number(media.id === undefined) + Number(media.link === undefined), 1);
  if (media.link !== undefined) assert.match(media.link, /^https:\/\//);
  assertText(media.caption, 1_024);
}

function assertInteractive(interactive: InteractiveObject): void {
  const { body, footer } = interactive;
  const header = interactive.type === 'product' ? undefined : interactive.header;
  assertText(body?.text, interactive.type === 'list' ? 4_096 : 1_024);
  assertText(footer?.text, 60);
  if (header?.type === 'text') assertText(header.text, 60);
  if (interactive.type === 'list') assert.ok(header === undefined || header.type === 'text');
  switch (interactive.type) {
    case 'button': {
      const { buttons } = interactive.action;
      assert.ok(buttons.length >= 1 && buttons.length <= 3);
      assert.equal(new Set(buttons.map(({ reply }) => reply.id)).size, buttons.length);
      for (const { reply } of buttons) {
        assertText(reply.id, 256);
        assertText(reply.title, 20);
      }
      return;
    }
    case 'list': {
      const { button, sections } = interactive.action;
      assertText(button, 20);
      assert.ok(sections.length >= 1 && sections.length <= 10);
      const rows = sections.flatMap((section) => section.rows);
      assert.ok(rows.length >= 1 && rows.length <= 10);
      assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
      for (const { title } of sections) {
        assert.ok(title !== undefined || sections.length === 1);
        assertText(title, 24);
      }
      for (const { id, title, description } of rows) {
        assertText(id, 200);
        assertText(title, 24);
        assertText(description, 72);
      }
      return;
    }
    case 'cta_url':
      assertText(interactive.action.parameters.display_text, 20);
      return assert.match(interactive.action.parameters.url, /^https?:\/\//);
    case 'flow': {
      const { parameters } = interactive.action;
      assertText(parameters.flow_cta, 20);
      const isNavigation = parameters.flow_action === 'navigate';
      return assert.equal(parameters.flow_action_payload !== undefined, isNavigation);
    }
    default:
      return assertSpecial(interactive);
  }
}

/** Requests and products. */
function assertSpecial(interactive: InteractiveObject): void {
  switch (interactive.type) {
    case 'address_message': {
      const { country, values, saved_addresses: saved = [] } = interactive.action.parameters;
      const foreign = country === 'IN' ? 'sg_post_code' : 'in_pin_code';
      for (const fields of [values ?? {}, ...saved.map(({ value }) => value)])
        assert.ok(!(foreign in fields));
      return;
    }
    case 'catalog_message':
      return assertText(interactive.action.parameters?.thumbnail_product_retailer_id, 256);
    case 'product':
      return assertText(interactive.action.product_retailer_id, 256);
    case 'product_list': {
      assert.equal(interactive.header?.type, 'text');
      const { sections } = interactive.action;
      assert.ok(sections.length >= 1 && sections.length <= 10);
      const items = sections.flatMap((section) => section.product_items);
      assert.ok(items.length >= 1 && items.length <= 30);
      for (const { title } of sections) {
        assert.ok(title !== undefined || sections.length === 1);
        assertText(title, 24);
      }
      return;
    }
    default:
      return assert.ok(['location_request_message', 'request_contact_info'].includes(interactive.type));
  }
}

describe('content › whatever the schema accepts', () => {
  it('good contents, changed anywhere › a body within Meta’s limits, without empty fields, shown as it was sent', () => {
    const accepted = new Map<string, number>();
    let refused = 0;
    fc.assert(
      fc.property(mutated, (json) => {
        const parsed = Content.safeParse(json);
        if (!parsed.success) {
          refused += 1;
          assert.ok(parsed.error.issues.every(({ message }) => message !== ''));
          return;
        }
        const content = parsed.data;
        const payload = content.type === 'reaction' ? reactionOf(content, 'wamid.x') : payloadOf(content);
        assertWithinLimits(payload);
        assert.deepEqual(JSON.parse(JSON.stringify(payload)), payload);
        assert.notEqual(readableText(content), '');
        assert.deepEqual(missingIn(shownAsSent(content), content), []);
        accepted.set(content.type, (accepted.get(content.type) ?? 0) + 1);
      }),
      { numRuns: runs },
    );
    // The property proves nothing if nearly everything or nearly nothing passes.
    assert.deepEqual([...accepted.keys()].toSorted(), contentKinds.toSorted());
    assert.ok(refused > runs / 20, `${refused} of ${runs} were refused`);
  });

  it('any value › never throws', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.tuple(fc.constantFrom(...contentKinds), fc.dictionary(fc.string(), fc.jsonValue())),
    );
    fc.assert(
      fc.property(anything, (json) => {
        Content.safeParse(json);
        if (Array.isArray(json)) Content.safeParse({ ...(json[1] as object), type: json[0] });
      }),
    );
  });
});
