import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { makeJpeg, download } from '../support/files.ts';
import { codeOf } from '../support/messaging-api.ts';
import { useMediaStage, type Business } from '../support/media-stage.ts';
import { makePng } from '../support/pictures.ts';
import { fileIn, missingIn } from '../support/shown-content.ts';

const mib = 1_048_576;
const pdf = Buffer.from('%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n', 'latin1');

interface Uploaded {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

describe('api › uploads', function () {
  this.timeout(60_000);
  const stage = useMediaStage('media-uploads');
  let business: Business;
  let picture: Buffer;

  before(async () => {
    picture = await makeJpeg();
  });
  beforeEach(async () => {
    business = await stage.signUp();
  });

  async function upload(
    bytes: Buffer | ReadableStream,
    {
      query = '',
      type = 'application/octet-stream',
      key,
      by = business,
    }: { query?: string; type?: string; key?: string; by?: Business } = {},
  ): Promise<Uploaded> {
    const answer = await fetch(`${stage.api().url}/api/media${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${by.token}`,
        'content-type': type,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: Buffer.isBuffer(bytes) ? new Uint8Array(bytes) : bytes,
      ...(Buffer.isBuffer(bytes) ? {} : { duplex: 'half' }),
    } as RequestInit);
    return { status: answer.status, body: (await answer.json()) as Uploaded['body'] };
  }
  const shown = ({ status, body }: Uploaded) => ({ status, code: body['code'], kind: body['kind'] });

  it('a picture › stored under the type of its content, readable, audited', async () => {
    const uploaded = await upload(picture, { query: '?filename=menu.pdf', type: 'application/pdf' });
    assert.equal(uploaded.status, 201);
    const { id, kind, mimeType, bytes, filename, hasThumbnail } = uploaded.body;
    assert.deepEqual(
      { kind, mimeType, bytes, filename, hasThumbnail },
      {
        ...{ kind: 'image', mimeType: 'image/jpeg', bytes: picture.byteLength },
        ...{ filename: 'menu.pdf', hasThumbnail: true },
      },
    );
    const read = await download(`${stage.api().url}/api/media/${String(id)}`, business);
    assert.deepEqual(read.bytes, picture);
    const audit = await stage.api().auditOf(String(id));
    assert.deepEqual(
      audit.map(({ action }) => String(action)),
      ['media.uploaded'],
    );
  });

  for (const [what, bytes, options, expected] of [
    ['a PDF', pdf, {}, { status: 201, kind: 'document' }],
    [
      'a text that is meant as one',
      Buffer.from('Hello'),
      { type: 'text/plain' },
      { status: 201, kind: 'document' },
    ],
    [
      'a text without a word about it',
      Buffer.from('Hello'),
      {},
      { status: 415, code: 'unsupported-media-type' },
    ],
    [
      'a page as a picture',
      Buffer.from('<html>'),
      { type: 'image/png' },
      { status: 415, code: 'unsupported-media-type' },
    ],
    [
      'a program',
      Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
      {},
      { status: 415, code: 'unsupported-media-type' },
    ],
    [
      'a form',
      Buffer.from('--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nHello\r\n--x--\r\n'),
      { type: 'multipart/form-data; boundary=x' },
      { status: 415, code: 'unsupported-media-type' },
    ],
    ['nothing', Buffer.alloc(0), {}, { status: 400, code: 'invalid-input' }],
  ] as const)
    it(`${what} › ${expected.status}`, async () => {
      const answer = shown(await upload(bytes, options));
      assert.deepEqual(answer, { code: undefined, kind: undefined, ...expected });
      const stored = expected.status === 201 ? 1 : 0;
      assert.equal(await stage.files().countDocuments({ clientId: business.clientId }), stored);
    });

  it('small files that unpack to much › stored and served without a thumbnail; another business keeps its own', async () => {
    const interlaced = { width: 7_000, height: 7_100, depth: 16, channels: 4, isInterlaced: true } as const;
    const dear = [makePng({ width: 1, height: 49_000_000 }), makePng(interlaced)];
    const other = await stage.signUp();
    const [mine, theirs] = await Promise.all([
      Promise.all(dear.map((bytes) => upload(bytes))),
      upload(picture, { by: other }),
    ]);
    for (const [index, { status, body }] of mine.entries()) {
      assert.deepEqual({ status, hasThumbnail: body['hasThumbnail'] }, { status: 201, hasThumbnail: false });
      const url = `${stage.api().url}/api/media/${String(body['id'])}`;
      assert.deepEqual((await download(url, business)).bytes, dear[index]);
      assert.equal((await download(`${url}/thumbnail`, business)).status, 404);
    }
    assert.equal(theirs.body['hasThumbnail'], true);
  });

  it('the same upload again with its key › the same file; another file with the key › 422', async () => {
    const first = await upload(picture, { key: 'menu-1' });
    const again = await upload(picture, { key: 'menu-1' });
    assert.deepEqual(again, first);
    assert.deepEqual(shown(await upload(pdf, { key: 'menu-1' })), {
      ...{ status: 422, code: 'idempotency-key-reused', kind: undefined },
    });
    assert.equal(await stage.files().countDocuments({ clientId: business.clientId }), 1);
  });

  it('a picture over 5 MiB › 413 by its content, whatever it calls itself', async () => {
    const large = Buffer.concat([picture, Buffer.alloc(5 * mib)]);
    assert.deepEqual(shown(await upload(large, { type: 'application/pdf' })), {
      ...{ status: 413, code: 'body-too-large', kind: undefined },
    });
  });

  it('a body of more than 100 MiB that does not say so › 413, and the process goes on', async () => {
    const chunk = new Uint8Array(mib);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        if (sent === 140) return controller.close();
        sent += 1;
        controller.enqueue(chunk);
      },
    });
    const answer = await upload(endless).then(shown, () => ({ status: 413, code: 'body-too-large' }));
    assert.equal(answer.status, 413);
    assert.equal((await upload(picture)).status, 201);
  });

  it('the day of the business has no room › 429 and nothing is stored; a smaller file and another business are taken', async () => {
    const clientId = new Types.ObjectId(business.clientId);
    const { verified } = stage.api().config.quotas.fileBytesPerDay;
    const day = new Date().toISOString().slice(0, 10);
    const expiresAt = new Date(Date.now() + 24 * 60 * 60 * 1_000);
    await stage
      .api()
      .collection('webhook_usage')
      .updateOne(
        { clientId, day },
        { $set: { fileBytes: verified - 500, expiresAt }, $inc: { bytes: 0 } },
        { upsert: true },
      );
    assert.ok(picture.byteLength > 500);
    const refused = await upload(picture);
    assert.deepEqual(shown(refused), { status: 429, code: 'too-many-requests', kind: undefined });
    assert.equal(await stage.api().collection('media_files').countDocuments({ clientId }), 0);
    assert.equal((await upload(pdf)).status, 201);
    business = await stage.signUp();
    assert.equal((await upload(picture)).status, 201);
  });

  it('a file of another kind, one on its way › the send is refused and names mediaId', async () => {
    const { id } = (await upload(picture)).body;
    const pending = await stage.receive(business, picture, { from: '4915112345678' });
    for (const [type, mediaId] of [
      ['video', id],
      ['image', pending.fileId],
    ] as const) {
      const answer = await business.post('/api/messages', {
        to: '+4915112345678',
        content: { type, mediaId },
      });
      assert.equal(codeOf(answer), '400 invalid-input', answer.text);
      assert.deepEqual(
        (answer.body['errors'] as { path: string }[]).map(({ path }) => path),
        ['body.content.mediaId'],
      );
    }
  });

  it('a file that a contact sent › sent on by the `mediaId` that its message shows', async () => {
    const received = await stage.receive(business, picture, { from: '4915112345678' });
    await stage.fetch(business, received.fileId);
    const shown = fileIn((await business.get(`/api/messages/${received.message.id}`)).body as never);
    assert.deepEqual([shown?.mediaId, shown?.providerMediaId], [received.fileId, received.mediaId]);
    const content = { type: shown?.type, mediaId: shown?.mediaId, caption: 'Look' };
    const answer = await business.post('/api/messages', { to: '+4915112345678', content });
    assert.equal(answer.status, 201, answer.text);
    const sent = fileIn(answer.body as never);
    assert.deepEqual(missingIn(sent, content), []);
    assert.deepEqual([sent?.fileId, sent?.providerMediaId], [received.fileId, null]);
  });

  it('the file of another business, an unknown one › 404, the same answer', async () => {
    const { id } = (await upload(picture)).body;
    const other = await stage.signUp();
    await stage.receive(other, picture, { from: '4915112345679' });
    for (const mediaId of [id, 'a'.repeat(24)]) {
      const body = { to: '+4915112345679', content: { type: 'image', mediaId } };
      assert.equal(codeOf(await other.post('/api/messages', body)), '404 not-found');
    }
  });
});
