import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret } from '../../src/platform/ids.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { changeOf, envelopeOf, postSigned } from '../support/meta.ts';
import { startTestProcessor, type TestProcessor } from '../support/processor.ts';

const secret = 'the app secret of thread order';

interface Page {
  readonly items: readonly MessageJson[];
  readonly nextCursor: string | null;
}

describe('api › order of a thread', function () {
  this.timeout(120_000);
  const api = useApi('thread-order', { env: { WHATSAPP_APP_SECRETS: secret } });
  /** The second in which everything happens. */
  const second = Math.floor(Date.now() / 1_000) - 3_600;
  let processor: TestProcessor;
  let user: CrmUser;
  let phone: string;

  before(async () => {
    processor = await startTestProcessor(api());
  });
  beforeEach(async () => {
    user = await api().signUp();
    phone = phoneEndingIn('01');
  });
  after(() => processor?.close());

  async function hear(text: string, id = `wamid.${newSecret(9)}`): Promise<void> {
    const message = {
      id,
      from: phone.slice(1),
      timestamp: String(second),
      type: 'text',
      text: { body: text },
    };
    const body = envelopeOf(changeOf(user.phoneNumberId, { messages: [message] }));
    assert.equal((await postSigned(`${api().url}/webhook/incoming`, body, secret)).status, 200);
    await processor.drain();
  }

  /** A message that the business sent in that second. */
  async function sendAt(milliseconds: number): Promise<string> {
    const { id } = await user.send({ to: phone });
    const timestamp = new Date(second * 1_000 + milliseconds);
    const _id = new Types.ObjectId(id);
    await api().collection('messages').updateOne({ _id }, { $set: { timestamp } });
    return id;
  }

  const page = async (query = ''): Promise<Page> => (await user.call<Page>(`/api/messages${query}`)).body;
  const conversation = async () =>
    (await user.call<{ items: Record<string, unknown>[] }>('/api/conversations')).body.items[0] ?? {};

  it('an answer in the second of its question › listed after it, with the provider’s time', async () => {
    const question = await sendAt(400);
    await hear('Yes');
    const { items } = await page();
    assert.equal(items.length, 2);
    const [answer, asked] = items;
    assert.deepEqual(
      [answer?.content.text, answer?.timestamp, asked?.id],
      ['Yes', new Date(second * 1_000).toISOString(), question],
    );
  });

  it('several messages in one second, page by page › each once, in the order of arrival', async () => {
    await sendAt(998);
    for (const text of ['one', 'two', 'three']) await hear(text);
    const texts: (string | null)[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { items, nextCursor }: Page = await page(`?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      texts.push(
        ...items.map(({ direction, content }) => (direction === 'inbound' ? content.text : 'asked')),
      );
      cursor = nextCursor;
    }
    assert.deepEqual(texts, ['three', 'two', 'one', 'asked']);
  });

  it('delivered twice › its time and the window stay those of the provider’s time', async () => {
    const id = `wamid.${newSecret(9)}`;
    await hear('Hello', id);
    const { windowExpiresAt } = await conversation();
    await hear('Hello', id);
    const { items } = await page();
    assert.deepEqual(
      [items.map(({ timestamp }) => timestamp), windowExpiresAt, (await conversation())['windowExpiresAt']],
      [
        [new Date(second * 1_000).toISOString()],
        ...Array<string>(2).fill(new Date((second + 24 * 3_600 - 60) * 1_000).toISOString()),
      ],
    );
  });
});
