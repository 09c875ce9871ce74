import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { newSecret } from '../../src/platform/ids.ts';
import type { CrmUser, MessageJson } from '../support/crm-client.ts';
import { changeOf, envelopeOf } from '../support/meta.ts';
import { useEventStage } from '../support/event-stage.ts';

interface Page {
  readonly items: readonly MessageJson[];
  readonly nextCursor: string | null;
}

describe('api › order of a thread', function () {
  this.timeout(120_000);
  const { api, hear, someone } = useEventStage('thread-order');
  /** The second in which everything happens. */
  const second = Math.floor(Date.now() / 1_000) - 3_600;
  let user: CrmUser;
  let phone: string;

  beforeEach(async () => {
    ({ user, phone } = await someone());
  });

  async function say(text: string, id = `wamid.${newSecret(9)}`): Promise<void> {
    const message = {
      id,
      from: phone.slice(1),
      timestamp: String(second),
      type: 'text',
      text: { body: text },
    };
    const body = envelopeOf(changeOf(user.phoneNumberId, { messages: [message] }));
    await hear(body);
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
    await say('Yes');
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
    for (const text of ['one', 'two', 'three']) await say(text);
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
    await say('Hello', id);
    const { windowExpiresAt } = await conversation();
    await say('Hello', id);
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
