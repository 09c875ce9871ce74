import assert from 'node:assert/strict';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { download, makeJpeg } from '../support/files.ts';
import { contentOf, fileIn } from '../support/shown-content.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

interface SentImage {
  readonly wamid: string | null;
  readonly body: { readonly image?: { readonly id?: string } };
}

describe('e2e › files of contacts', function () {
  this.timeout(60_000);
  const stack = useStack('media');
  let user: CrmUser;

  beforeEach(async () => {
    user = await signUp(stack().apiUrl);
  });

  const sendFile = (file: object) =>
    stack().control('/inbound', {
      body: { phoneNumberId: user.phoneNumberId, from: phoneEndingIn('42'), ...file },
    });
  const waitForFile = (state: string): Promise<MessageJson> =>
    waitFor(`the file is ${state}`, async () => {
      const page = await user.call<{ items: readonly MessageJson[] }>('/api/messages?status=received');
      return page.body.items.find((message) => fileIn(message)?.state === state);
    });

  it('a contact sends a picture › it is fetched and can be downloaded, whole and in parts', async () => {
    const picture = await makeJpeg();
    await sendFile({ type: 'image', text: 'Our terrace', content: picture.toString('base64') });
    const content = contentOf(await waitForFile('stored'), 'image');
    assert.equal(content.text, 'Our terrace');
    const url = `${stack().apiUrl}/api/media/${content.fileId}`;
    const whole = await download(url, user);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(whole.bytes, picture);
    const part = await download(url, { ...user, headers: { range: 'bytes=10-19' } });
    assert.equal(part.status, 206);
    assert.deepEqual(part.bytes, picture.subarray(10, 20));
    const thumbnail = await download(`${url}/thumbnail`, user);
    assert.equal(thumbnail.headers.get('content-type'), 'image/webp');
    assert.equal((await download(url)).status, 401);
  });

  it('a file is uploaded and sent twice › WhatsApp gets one copy of it, and its own id in both messages', async () => {
    const to = phoneEndingIn('42');
    await stack().control('/inbound', {
      body: { phoneNumberId: user.phoneNumberId, from: to, type: 'text', text: 'Hello' },
    });
    await waitFor('the window is open', async () => {
      const page = await user.call<{ items: readonly MessageJson[] }>('/api/messages?status=received');
      return page.body.items.find(({ content }) => content.text === 'Hello');
    });
    const picture = await makeJpeg();
    const uploaded = await fetch(`${stack().apiUrl}/api/media?filename=terrace.jpg`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(picture),
    });
    assert.equal(uploaded.status, 201);
    const { id: mediaId, kind } = (await uploaded.json()) as { id: string; kind: string };
    assert.equal(kind, 'image');
    const send = async () => {
      const { body, status } = await user.call<MessageJson>('/api/messages', {
        method: 'POST',
        body: { to, content: { type: 'image', mediaId, caption: 'Our terrace' } },
      });
      assert.equal(status, 201, JSON.stringify(body));
      return body;
    };
    const sent = [await send(), await send()];
    const ids: unknown[] = [];
    for (const { id } of sent) {
      const read = await user.waitForStatus(id, ['read', 'failed'], 30_000);
      assert.equal(read.status, 'read', JSON.stringify(read.failure));
      const { fileId, state, mediaId: posted, providerMediaId } = contentOf(read, 'image');
      assert.deepEqual(
        { fileId, state, posted, providerMediaId },
        { fileId: mediaId, state: 'stored', posted: mediaId, providerMediaId: null },
      );
      const ledger = await stack().control<{ items: readonly SentImage[] }>('/ledger?cursor=0&limit=100');
      const call = ledger.body.items.find(({ wamid }) => wamid === read.providerMessageId);
      ids.push(call?.body.image?.id);
    }
    assert.match(String(ids[0]), /^\d+$/);
    assert.equal(ids[0], ids[1]);
  });
});
