import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../../scripts/paths.ts';
import { findBreaks, type OpenApiDocument } from '../../support/openapi-compatibility.ts';

const readDocument = (...path: string[]): OpenApiDocument =>
  JSON.parse(readFileSync(join(rootDir, ...path), 'utf8')) as OpenApiDocument;

/** Paths, parameters, statuses and shapes of the description before clients were generated from it. */
const firstHalf = readDocument('tests', 'fixtures', 'openapi', 'first-half.json');

type Schema = OpenApiDocument['components']['schemas'][string];

/** A document of one operation that takes and answers such bodies. */
const documentOf = (taken: Schema, answered: Schema): OpenApiDocument => {
  const bodyOf = (schema: Schema) => ({ content: { 'application/json': { schema } } });
  const operation = { requestBody: bodyOf(taken), responses: { 200: bodyOf(answered) } };
  return { paths: { '/things': { post: operation } }, components: { schemas: {} } };
};

const text: Schema = { type: 'string' };
const thing: Schema = { type: 'object', properties: { name: text, note: text }, required: ['name'] };

/** The lines of the comparison that are intended. */
const deliberateBreaks: readonly RegExp[] = [
  // The codes of problems are an open list: a client shows `title` and `detail` of one that it does not know.
  /^\w+ \/\S* \d{3}\.code: other values$/,
  // The timeline also tells that the recipient has changed.
  /^get \/api\/messages\/\{id\}\/timeline 200\.entries\[\]\.kind: other values$/,
  // Languages that WhatsApp refuses are refused at once.
  /^post \/api\/templates body\.language: other values$/,
  // It was described as a text and has always been an object.
  /^get \/openapi\.json 200: was string, is object$/,
  // A conversation may begin with an event that no person wrote, which makes no lead.
  /^\w+ \/api\/conversations\S* 200(\.items\[\])?\.leadId: was string, is null$/,
  // The product reopens conversations itself.
  /^\w+ \/api\/conversations\/\S+ 200\.history\[\]\.by: was string, is null$/,
  // Content is shown by its type, in the words in which it is sent (ADR 0070).
  /^\w+ \/api\/messages\S* 20[01](\.items\[\])?\.content\.(media|location|contacts|reaction|interactive|reply): (is gone|may be missing now)$/,
  /^\w+ \/api\/messages\S* 20[01](\.items\[\])?\.content\.contacts: was null, is array$/,
  // They are called `hasLinkPreview` and `isVoice`, as in answers.
  /^post \/api\/messages body\.content\.(previewUrl|voice): is gone$/,
  // Fields with several options are new: only contacts of businesses that define one show a list.
  /^\w+ \/api\/contacts\S* 20[01](\.items\[\])?\.customFields\.\*: was \w+, is array$/,
  // Messages are also sent from the WhatsApp Business app on a phone of the business: `phone`.
  /^\w+ \/api\/messages\S* 20[01](\.items\[\])?\.senderType: other values$/,
];

describe('the contract of the API', () => {
  it('the first half › every path, status and property › is still there', () => {
    const breaks = findBreaks(firstHalf, readDocument('docs', 'openapi.json'));
    const surprises = breaks.filter((line) => !deliberateBreaks.some((change) => change.test(line)));
    assert.deepEqual(surprises, []);
  });

  it('a deliberate break › still happens', () => {
    const breaks = findBreaks(firstHalf, readDocument('docs', 'openapi.json'));
    const unused = deliberateBreaks.filter((change) => !breaks.some((line) => change.test(line)));
    assert.deepEqual(unused, []);
  });

  it('the comparison › the same document › has no breaks', () => {
    assert.deepEqual(findBreaks(firstHalf, firstHalf), []);
  });

  const changes: readonly (readonly [string, Schema, readonly string[]])[] = [
    ['a field that is new and optional', { ...thing, properties: { ...thing.properties, more: text } }, []],
    [
      'a field that is gone',
      { ...thing, properties: { name: text } },
      ['post /things body.note: is gone', 'post /things 200.note: is gone'],
    ],
    [
      'a field that became required',
      { ...thing, required: ['name', 'note'] },
      ['post /things body.note: is required now'],
    ],
    [
      'a field that became optional',
      { ...thing, required: [] },
      ['post /things 200.name: may be missing now'],
    ],
    [
      'a field of another type',
      { ...thing, properties: { name: text, note: { type: 'integer' } } },
      ['post /things body.note: was string, is integer', 'post /things 200.note: was string, is integer'],
    ],
    [
      'a field that may be null',
      { ...thing, properties: { name: text, note: { anyOf: [text, { type: 'null' }] } } },
      ['post /things 200.note: was string, is null'],
    ],
    [
      'a field with fewer values',
      { ...thing, properties: { name: text, note: { type: 'string', enum: ['a'] } } },
      ['post /things body.note: other values'],
    ],
  ];
  for (const [change, after, breaks] of changes) {
    it(`the comparison › ${change} › ${breaks.length === 0 ? 'is no break' : 'is a break'}`, () => {
      assert.deepEqual(findBreaks(documentOf(thing, thing), documentOf(after, after)), breaks);
    });
  }

  it('the comparison › one more value › breaks a closed list, and not an open one', () => {
    const closed = (values: readonly string[]): Schema => ({ type: 'string', enum: values });
    const open = (values: readonly string[]): Schema => ({ anyOf: [closed(values), text] });
    const breaksOf = (listOf: (values: readonly string[]) => Schema) =>
      findBreaks(documentOf(text, listOf(['a'])), documentOf(text, listOf(['a', 'b'])));
    assert.deepEqual(breaksOf(closed), ['post /things 200: other values']);
    assert.deepEqual(breaksOf(open), []);
  });

  it('the comparison › a path or a status that is gone › is a break', () => {
    const before = documentOf(thing, thing);
    assert.deepEqual(findBreaks(before, { ...before, paths: {} }), ['post /things: is gone']);
    const { requestBody } = before.paths['/things']?.['post'] ?? {};
    const silent = { ...(requestBody === undefined ? {} : { requestBody }), responses: {} };
    assert.deepEqual(findBreaks(before, { ...before, paths: { '/things': { post: silent } } }), [
      'post /things 200: is gone',
    ]);
  });
});
