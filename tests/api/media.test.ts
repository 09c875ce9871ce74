import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../src/platform/ids.ts';
import { thumbnailKeyOf } from '../../src/inbox/media/rules.ts';
import { keyOf } from '../../src/storage/rules.ts';
import { FileMissing } from '../../src/storage/storage.ts';
import { download, makeJpeg } from '../support/files.ts';
import { codeOf } from '../support/messaging-api.ts';
import { useMediaStage, type Business } from '../support/media-stage.ts';
import { makePng } from '../support/pictures.ts';

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('base64');

describe('api › files of contacts', function () {
  this.timeout(60_000);
  const stage = useMediaStage('media');
  let business: Business;
  let picture: Buffer;

  before(async () => {
    picture = await makeJpeg();
  });
  beforeEach(async () => {
    business = await stage.signUp();
  });

  const urlOf = (fileId: string, rest = '') => `${stage.api().url}/api/media/${fileId}${rest}`;
  const settled = (state: string) => ({ kind: 'settled', state });
  const isStored = async (key: string): Promise<boolean> => {
    const { storage } = stage.core().media;
    try {
      (await storage.open(key)).destroy();
      return true;
    } catch (error) {
      assert.ok(error instanceof FileMissing);
      return false;
    }
  };

  it('a picture arrives › pending until it is fetched, then its bytes and a thumbnail', async () => {
    const file = await stage.receive(business, picture, { fields: { sha256: hashOf(picture) } });
    assert.equal(await stage.stateOf(business, file), 'pending');
    const early = await business.get(`/api/media/${file.fileId}`);
    assert.equal(codeOf(early), '409 wrong-state');
    assert.deepEqual(await stage.fetch(business, file.fileId), settled('stored'));
    assert.equal(await stage.stateOf(business, file), 'stored');
    const { status, headers, bytes } = await download(urlOf(file.fileId), business);
    assert.equal(status, 200);
    assert.deepEqual(bytes, picture);
    assert.equal(headers.get('content-length'), String(picture.byteLength));
    assert.equal(headers.get('content-type'), 'image/jpeg');
    assert.match(headers.get('content-disposition') ?? '', /^attachment; /);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy') ?? '', /sandbox/);
    const thumbnail = await download(urlOf(file.fileId, '/thumbnail'), business);
    assert.equal(thumbnail.headers.get('content-type'), 'image/webp');
    assert.ok(thumbnail.bytes.byteLength < picture.byteLength);
  });

  it('a small picture that unpacks to much › stored and served, without a thumbnail', async () => {
    const dear = makePng({ width: 1, height: 49_000_000 });
    const { fileId } = await stage.receive(business, dear, { mimeType: 'image/png' });
    assert.deepEqual(await stage.fetch(business, fileId), settled('stored'));
    assert.deepEqual((await download(urlOf(fileId), business)).bytes, dear);
    assert.equal((await download(urlOf(fileId, '/thumbnail'), business)).status, 404);
  });

  it('a part is asked for › 206 with exactly that part; a known copy gets 304', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    const part = await download(urlOf(fileId), { ...business, headers: { range: 'bytes=-10' } });
    assert.equal(part.status, 206);
    assert.deepEqual(part.bytes, picture.subarray(-10));
    const { byteLength } = picture;
    assert.equal(
      part.headers.get('content-range'),
      `bytes ${byteLength - 10}-${byteLength - 1}/${byteLength}`,
    );
    const etag = part.headers.get('etag') ?? '';
    const again = await download(urlOf(fileId), { ...business, headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
    assert.equal(again.bytes.byteLength, 0);
    const other = { range: 'bytes=0-1', 'if-range': '"another"' };
    assert.equal((await download(urlOf(fileId), { ...business, headers: other })).status, 200);
  });

  it('another business asks for the file › 404, also for its link, thumbnail and deletion', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    const other = await stage.signUp();
    for (const rest of ['', '/thumbnail', '/link'])
      assert.equal(codeOf(await other.get(`/api/media/${fileId}${rest}`)), '404 not-found');
    assert.equal(codeOf(await other.delete(`/api/media/${fileId}`)), '404 not-found');
    assert.equal((await download(urlOf(fileId), business)).status, 200);
  });

  it('the provider delivers the message again › one file, which is not fetched again', async () => {
    const wamid = `wamid.${newId().toHexString()}`;
    const first = await stage.receive(business, picture, { wamid });
    await stage.fetch(business, first.fileId);
    const again = await stage.receive(business, picture, { wamid, mediaId: first.mediaId });
    assert.equal(again.fileId, first.fileId);
    assert.equal(await stage.stateOf(business, again), 'stored');
    assert.equal(await stage.files().countDocuments({ clientId: business.clientId }), 1);
  });

  it('other bytes than the hash says › tried three times, then failed, and nothing is kept', async () => {
    const file = await stage.receive(business, picture);
    await stage.behave({ mediaFaults: { [file.mediaId]: 'wrong-bytes' } });
    for (const _attempt of [1, 2]) assert.equal((await stage.fetch(business, file.fileId)).kind, 'again');
    assert.equal(await stage.stateOf(business, file), 'pending');
    assert.deepEqual(await stage.fetch(business, file.fileId), settled('failed'));
    assert.equal(await stage.stateOf(business, file), 'failed');
    assert.equal(await isStored(keyOf(business.clientId.toHexString(), file.fileId)), false);
  });

  it('a wrong hash in the webhook alone › failed too: the file is not the one that was sent', async () => {
    const file = await stage.receive(business, picture, { fields: { sha256: hashOf(Buffer.from('other')) } });
    for (const _attempt of [1, 2]) await stage.fetch(business, file.fileId);
    assert.deepEqual(await stage.fetch(business, file.fileId), settled('failed'));
  });

  for (const fault of ['missing', 'error', 'cut'])
    it(`a download that is ${fault} › another attempt fetches the file`, async () => {
      const file = await stage.receive(business, picture);
      await stage.behave({ mediaFaults: { '*': fault } });
      const first = await stage.fetch(business, file.fileId).catch(() => ({ kind: 'again' }));
      assert.equal(first.kind, 'again');
      assert.equal(await stage.stateOf(business, file), 'pending');
      await stage.behave({ mediaFaults: {} });
      assert.deepEqual(await stage.fetch(business, file.fileId), settled('stored'));
    });

  it('the token of the channel has expired › pending with the reason, and fetched once it works', async () => {
    const file = await stage.receive(business, picture);
    await stage.behave({ expiredTokens: true });
    const end = await stage.fetch(business, file.fileId);
    assert.equal(end.kind, 'again');
    assert.equal((await stage.fileOf(file.fileId))?.problem?.code, '190');
    await stage.behave({ expiredTokens: [] });
    assert.deepEqual(await stage.fetch(business, file.fileId), settled('stored'));
    assert.equal((await stage.fileOf(file.fileId))?.problem, undefined);
  });

  it('seven days have passed › expired, without another call', async () => {
    const file = await stage.receive(business, picture);
    await stage.files().updateOne({ clientId: business.clientId }, { $set: { fetchBy: new Date(0) } });
    assert.deepEqual(await stage.fetch(business, file.fileId), settled('expired'));
    assert.equal(await stage.stateOf(business, file), 'expired');
  });

  it('two attempts at once, as after a lost worker › one file, and both see it stored', async () => {
    const { fileId } = await stage.receive(business, picture);
    const ends = await Promise.all([stage.fetch(business, fileId), stage.fetch(business, fileId)]);
    assert.deepEqual(ends, [settled('stored'), settled('stored')]);
    assert.deepEqual((await download(urlOf(fileId), business)).bytes, picture);
  });

  it('a page that calls itself a picture › kept, but served as bytes that no browser runs', async () => {
    const page = Buffer.from('<script>alert(document.domain)</script>');
    const { fileId } = await stage.receive(business, page, { fields: { filename: '../a<b>"\r\n.html' } });
    await stage.fetch(business, fileId);
    const { headers } = await download(urlOf(fileId), business);
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.equal(
      headers.get('content-disposition'),
      `attachment; filename="_.._a_b____.html"; filename*=UTF-8''_.._a_b____.html`.replaceAll('_.._', '_'),
    );
    assert.equal((await business.get(`/api/media/${fileId}/thumbnail`)).status, 404);
  });

  it('a link › opens the file without a session, and not when it is changed or old', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    const { body } = await business.get(`/api/media/${fileId}/link`);
    const path = new URL(String(body['url'])).pathname;
    const opened = await download(`${stage.api().url}${path}`);
    assert.equal(opened.status, 200);
    assert.deepEqual(opened.bytes, picture);
    assert.equal(opened.headers.get('cross-origin-resource-policy'), 'cross-origin');
    const small = await download(`${stage.api().url}${new URL(String(body['thumbnailUrl'])).pathname}`);
    assert.equal(small.headers.get('content-type'), 'image/webp');
    const changed = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`;
    assert.equal((await download(`${stage.api().url}${changed.replace(/.{3}$/, 'xyz')}`)).status, 404);
  });

  it('the business erases a file › gone from the API at once and from the storage for good', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    const keys = [keyOf, thumbnailKeyOf].map((key) => key(business.clientId.toHexString(), fileId));
    assert.equal((await business.delete(`/api/media/${fileId}`)).status, 204);
    assert.equal((await download(urlOf(fileId), business)).status, 404);
    await stage.core().media.removal.removeOnce();
    assert.deepEqual(await Promise.all(keys.map(isStored)), [false, false]);
    const audit = await stage.api().auditOf(fileId);
    assert.deepEqual(
      audit.map(({ action }) => String(action)),
      ['media.erased'],
    );
  });

  it('an attempt that was at work during the erasure › its file is removed later, and then the row', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    const { media } = stage.core();
    const key = keyOf(business.clientId.toHexString(), fileId);
    await business.delete(`/api/media/${fileId}`);
    await media.removal.removeOnce();
    const path = join(tmpdir(), `late-${fileId}`);
    await writeFile(path, picture);
    await media.storage.put(key, { path, bytes: picture.byteLength, contentType: 'image/jpeg' });
    assert.ok(await stage.fileOf(fileId), 'the row stays while an attempt may be at work');
    const [at] = [new Date()];
    await stage
      .files()
      .updateOne({ clientId: business.clientId }, { $set: { removeAt: at, settledAt: new Date(0) } });
    await media.removal.removeOnce();
    assert.equal(await isStored(key), false);
    assert.equal(await stage.fileOf(fileId), null);
  });

  it('a file erased while it is fetched › nothing is kept', async () => {
    const { fileId } = await stage.receive(business, picture);
    const [end] = await Promise.all([
      stage.fetch(business, fileId),
      stage.files().updateOne({ clientId: business.clientId }, { $set: { state: 'erased' } }),
    ]);
    assert.deepEqual(end, settled('erased'));
    assert.equal(await isStored(keyOf(business.clientId.toHexString(), fileId)), false);
  });
});
