import assert from 'node:assert/strict';
import { phoneEndingIn, signUp, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { download, makeJpeg } from '../support/files.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

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
      return page.body.items.find(({ content }) => content.media?.state === state);
    });

  it('a contact sends a picture › it is fetched and can be downloaded, whole and in parts', async () => {
    const picture = await makeJpeg();
    await sendFile({ type: 'image', text: 'Our terrace', content: picture.toString('base64') });
    const { content } = await waitForFile('stored');
    assert.equal(content.text, 'Our terrace');
    const url = `${stack().apiUrl}/api/media/${content.media?.fileId}`;
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
});
