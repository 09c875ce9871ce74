import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createMediaStore } from '../../sandbox/media.ts';
import { control, graph, setStage, type GraphFault, type Stage } from './helpers.ts';

interface Described {
  readonly id: string;
  readonly url: string;
  readonly mime_type: string;
  readonly sha256: string;
  readonly file_size: number;
}

const MIB = 1 << 20;

function form(bytes: Buffer, mimeType: string, fields: Readonly<Record<string, string>> = {}): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries({ messaging_product: 'whatsapp', ...fields }))
    data.set(name, value);
  data.set('file', new Blob([new Uint8Array(bytes)], { type: mimeType }), 'file');
  return data;
}

describe('sandbox media', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });

  afterEach(() => control(stage.sandbox, 'DELETE /behaviour'));

  after(() => stage.end());

  const upload = (data: object) => graph<{ id: string } & GraphFault>(stage.sandbox, 'POST /7/media', data);
  const download = (url: string, headers: Record<string, string> = { authorization: 'Bearer a' }) =>
    fetch(url, { headers });

  it('upload › looked up, downloaded, deleted › the same bytes, then gone', async () => {
    const bytes = Buffer.from([0xff, 0xd8, 0, 1, 2, 0xff]);
    const { id } = (await upload(form(bytes, 'image/jpeg', { type: 'image/jpeg' }))).body;
    const { url, ...described } = (await graph<Described>(stage.sandbox, `GET /${id}?phone_number_id=7`))
      .body;
    assert.deepEqual(described, {
      messaging_product: 'whatsapp',
      mime_type: 'image/jpeg',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      file_size: bytes.length,
      id,
    });
    const answer = await download(url);
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    assert.equal((await download(url, {})).status, 401);
    assert.equal((await download(url.replace(/hash=../, 'hash='))).status, 404);
    assert.equal((await graph(stage.sandbox, `DELETE /${id}`)).status, 200);
    assert.equal((await download(url)).status, 404);
    for (const method of ['GET', 'DELETE']) {
      assert.equal((await graph(stage.sandbox, `${method} /${id}`)).body.error.error_subcode, 33);
    }
  });

  it('upload › no token, an expired one › refused', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { expiredTokens: true });
    assert.equal((await upload(form(Buffer.from('a'), 'image/png'))).body.error.code, 190);
  });

  const wrong: readonly (readonly [string, object, number])[] = [
    ['no form', { a: 1 }, 100],
    ['no product', form(Buffer.from('a'), 'image/png', { messaging_product: 'sms' }), 100],
    ['unknown type', form(Buffer.from('a'), 'image/gif'), 131053],
    ['type of the form wins', form(Buffer.from('a'), 'image/png', { type: 'image/tiff' }), 131053],
    ['empty file', form(Buffer.alloc(0), 'image/png'), 131053],
    ['image over 5 MB', form(Buffer.alloc(5 * MIB + 1), 'image/png'), 131053],
    ['audio over 16 MB', form(Buffer.alloc(16 * MIB + 1), 'audio/mpeg'), 131053],
    ['still sticker over 100 KB', form(Buffer.alloc(101 << 10), 'image/webp'), 131053],
    [
      'ogg that is no opus',
      form(Buffer.from('a'), 'audio/ogg', { type: 'audio/ogg; codecs=vorbis' }),
      131053,
    ],
  ];
  for (const [name, data, code] of wrong) {
    it(`upload › ${name} › ${code}`, async () => {
      const { status, body } = await upload(data);
      assert.deepEqual([status, body.error.code], [400, code]);
    });
  }

  it('upload › no file › 100; over 100 MB › 413', async () => {
    const empty = new FormData();
    empty.set('messaging_product', 'whatsapp');
    assert.equal((await upload(empty)).body.error.code, 100);
    const huge = await upload(form(Buffer.alloc(102 * MIB), 'application/pdf'));
    assert.deepEqual([huge.status, huge.body.error.code], [413, 131053]);
  });

  it('upload › moving sticker, document › by their own limits', async () => {
    const moving = Buffer.alloc(400 << 10);
    moving.write('ANIM', 20);
    assert.equal((await upload(form(moving, 'image/webp'))).status, 200);
    assert.equal((await upload(form(Buffer.alloc(6 * MIB), 'application/pdf'))).status, 200);
  });

  it('inbound image › its id › can be downloaded, and has the hash of the webhook', async () => {
    await control(stage.sandbox, 'POST /inbound', { phoneNumberId: '7', from: '15550001111', type: 'image' });
    const [message] = stage.receiver.values().at(-1)?.messages ?? [];
    const image = message?.['image'] as { id: string; sha256: string; url: string };
    const { url } = (await graph<Described>(stage.sandbox, `GET /${image.id}`)).body;
    for (const link of [image.url, url]) {
      const bytes = Buffer.from(await (await download(link)).arrayBuffer());
      assert.equal(createHash('sha256').update(bytes).digest('base64'), image.sha256);
    }
  });

  it('store › more than it keeps › forgets the oldest', () => {
    const media = createMediaStore();
    for (const id of ['a', 'b', 'c']) media.keep(id, 'video/mp4', Buffer.alloc(100 * MIB));
    const states = ['a', 'b', 'c'].map((id) => media.show(id, 'http://a').status);
    assert.deepEqual(states, [400, 200, 200]);
  });
});
