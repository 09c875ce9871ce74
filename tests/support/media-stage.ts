import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageJson } from './crm-client.ts';
import { call } from './http.ts';
import { changeOf, envelopeOf, postSigned } from './meta.ts';
import { signUpAdmin, useMessagingApi, type Member, type MessagingApi } from './messaging-api.ts';
import { startTestProcessor, type TestProcessor } from './processor.ts';
import { fileIn } from './shown-content.ts';
import { useWorkerCore } from './worker-core.ts';
import { newId, newSecret } from '../../src/platform/ids.ts';
import type { FetchEnd } from '../../src/inbox/media/fetch.ts';
import type { MediaFileDoc } from '../../src/inbox/media/repository.ts';

const appSecret = newSecret();

export interface Business extends Member {
  readonly channelId: string;
  readonly phoneNumberId: string;
}

export interface ReceivedFile {
  readonly message: MessageJson;
  readonly fileId: string;
  readonly mediaId: string;
}

/** The API with a sandbox and the parts of the worker, which tests run by hand. */
export function useMediaStage(name: string) {
  const api = useMessagingApi(name, () => ({ WHATSAPP_APP_SECRETS: appSecret }));
  const core = useWorkerCore(api);
  let processor: TestProcessor;
  before(async () => {
    processor = await startTestProcessor(api());
  });
  afterEach(async () => {
    assert.deepEqual(processor.probe.takeViolations(), []);
    await call(`${api().sandbox.url}/sandbox/behaviour`, { method: 'DELETE' });
  });
  after(() => processor.close());

  const files = () => api().collection<MediaFileDoc>('media_files');

  return {
    api,
    core,
    files,
    drain: () => processor.drain(),
    behave: (settings: object) => behave(api(), settings),
    signUp: () => signUpBusiness(api()),
    uploadAtProvider: (business: Business, bytes: Buffer, mimeType: string) =>
      uploadAtProvider(api(), business, { bytes, mimeType }),

    /** A contact sends the file; the message is stored, the file is not fetched yet. */
    async receive(business: Business, bytes: Buffer, more: Incoming = {}): Promise<ReceivedFile> {
      const { mimeType = 'image/jpeg', type = 'image', wamid = `wamid.${newId().toHexString()}` } = more;
      const mediaId = more.mediaId ?? (await uploadAtProvider(api(), business, { bytes, mimeType }));
      const media = { id: mediaId, mime_type: mimeType, ...more.fields };
      const message = { id: wamid, from: more.from ?? '4915112345678', timestamp: nowSeconds() };
      const event = envelopeOf(
        changeOf(business.phoneNumberId, { messages: [{ ...message, type, [type]: media }] }),
      );
      await postSigned(`${api().url}/webhook/incoming`, event, appSecret);
      await processor.drain();
      const page = await business.get('/api/messages');
      const stored = (page.body['items'] as MessageJson[]).find((one) => one.providerMessageId === wamid);
      assert.ok(stored !== undefined, 'the message is stored');
      return { message: stored, fileId: fileIn(stored)?.fileId ?? '', mediaId };
    },

    /** One attempt to fetch the file. */
    fetch: (business: Business, fileId: string): Promise<FetchEnd> =>
      core().media.fetching.attempt(targetOf(business, fileId), AbortSignal.timeout(30_000)),

    fileOf: (fileId: string) => files().findOne({ _id: new Types.ObjectId(fileId) }),

    /** The state of the file, as the message shows it. */
    async stateOf(business: Business, { message }: ReceivedFile): Promise<string | null | undefined> {
      const { body } = await business.get(`/api/messages/${message.id}`);
      return fileIn(body as unknown as MessageJson)?.state;
    },
  };
}

interface Incoming {
  readonly type?: string;
  readonly mimeType?: string;
  readonly mediaId?: string;
  readonly wamid?: string;
  readonly from?: string;
  /** Further fields of the media object. */
  readonly fields?: object;
}

const nowSeconds = (): string => String(Math.floor(Date.now() / 1_000));

export const targetOf = ({ clientId }: Business, fileId: string) => ({
  scope: { clientId },
  id: new Types.ObjectId(fileId),
});

async function signUpBusiness(api: MessagingApi): Promise<Business> {
  const member = await signUpAdmin(api);
  const { body } = await member.get('/api/channels');
  const [channel] = body['items'] as { id: string; phoneNumberId: string }[];
  assert.ok(channel !== undefined);
  return { ...member, channelId: channel.id, phoneNumberId: channel.phoneNumberId };
}

async function behave({ sandbox }: MessagingApi, settings: object): Promise<void> {
  const { status, text } = await call(`${sandbox.url}/sandbox/behaviour`, { method: 'PUT', json: settings });
  assert.equal(status, 200, text);
}

async function uploadAtProvider(
  { sandbox }: MessagingApi,
  { phoneNumberId }: Business,
  { bytes, mimeType }: { readonly bytes: Buffer; readonly mimeType: string },
): Promise<string> {
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('type', mimeType);
  form.set('file', new Blob([new Uint8Array(bytes)], { type: mimeType }), 'file');
  const answer = await fetch(`${sandbox.url}/v25.0/${phoneNumberId}/media`, {
    method: 'POST',
    headers: { authorization: 'Bearer any' },
    body: form,
  });
  const { id } = (await answer.json()) as { id?: string };
  assert.ok(id !== undefined, `the sandbox refused the file: ${answer.status}`);
  return id;
}
