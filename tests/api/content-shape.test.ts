import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ShownContent } from '../../src/sending/messages/content/shown/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { useApi } from '../support/api.ts';
import { contentKinds, fullContents, type ContentJson } from '../support/contents.ts';
import { phoneEndingIn, type CrmUser, type MessageJson } from '../support/crm-client.ts';
import { missingIn } from '../support/shown-content.ts';
import { hear } from '../support/talk.ts';

const link = 'https://example.com/a.pdf';
const body = 'Hello';

/** Contents whose optional fields are left out, or that take the other of two ways. */
const sparse: readonly ContentJson[] = [
  { type: 'text', body },
  { type: 'image', link },
  { type: 'audio', link, isVoice: false },
  { type: 'document', mediaId: '1037543291543636' },
  { type: 'location', latitude: 0, longitude: -0.5 },
  { type: 'contacts', contacts: [{ name: { formattedName: 'Ana', firstName: 'Ana' } }] },
  {
    ...{ type: 'buttons', body, buttons: [{ id: 'yes', title: 'Yes' }] },
    header: { type: 'document', link, filename: 'menu.pdf' },
  },
  { type: 'list', body, buttonText: 'Choose', sections: [{ rows: [{ id: '1', title: 'One' }] }] },
  {
    ...{ type: 'ctaUrl', body, displayText: 'Open', url: 'https://example.com' },
    header: { type: 'video', mediaId: '1037543291543636' },
  },
  {
    ...{ type: 'flow', body, flowName: 'booking', flowCta: 'Book', flowToken: 't-1' },
    ...{ action: 'data_exchange', mode: 'published' },
  },
  { type: 'flow', body, flowId: '12', flowCta: 'Book', flowToken: 't-2', screen: 'FIRST' },
  { type: 'addressRequest', body, country: 'SG', values: { postCode: '018956', unitNumber: '4' } },
  { type: 'catalog', body },
  { type: 'product', catalogId: '1', productId: 'cake-2' },
];

describe('api › content is shown in the words in which it is sent', function () {
  this.timeout(60_000);
  const api = useApi('content-shape');
  const phone = phoneEndingIn('17');
  let user: CrmUser;
  let questionId: string;
  let conversationId: string;

  before(async () => {
    user = await api().signUp();
    questionId = await hear(api(), user, phone);
    ({ conversationId } = await user.getMessage(questionId));
  });

  async function send(content: object, more: object = {}): Promise<MessageJson> {
    const answer = await user.call<MessageJson>('/api/messages', { body: { to: phone, content, ...more } });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
  const listed = async (id: string): Promise<ShownContent | undefined> => {
    const path = `/api/messages?conversationId=${conversationId}&around=${id}`;
    const { body: page } = await user.call<{ items: readonly MessageJson[] }>(path);
    return page.items.find((item) => item.id === id)?.content;
  };
  /** A sample, whose reaction is to the message of the contact. */
  const postable = (content: ContentJson): ContentJson =>
    content.type === 'reaction' ? { ...content, messageId: questionId } : content;

  /** The content of the answer, which has all that was posted, as has every other place that shows it. */
  async function shownEverywhere(posted: ContentJson): Promise<ShownContent> {
    const { id, content } = await send(posted);
    assert.deepEqual(missingIn(content, posted), []);
    assert.deepEqual([(await user.getMessage(id)).content, await listed(id)], [content, content]);
    return content;
  }

  for (const kind of contentKinds) {
    it(`${kind} › the answer, the single message and the list have each posted name with its value`, async () => {
      const posted = postable(fullContents[kind]);
      const content = await shownEverywhere(posted);
      for (const name of Object.keys(posted)) {
        const { [name]: value, ...others } = { ...content } as Readonly<Record<string, unknown>>;
        const renamed = { ...others, [`other${name}`]: value };
        assert.notDeepEqual(missingIn(renamed, posted), [], `${name} under another name is found out`);
      }
    });
  }

  it('fields that are left out › are null, and the others are as posted', async () => {
    for (const posted of sparse) {
      const content = await shownEverywhere(posted);
      const whole = postable(fullContents[posted.type as keyof typeof fullContents]);
      for (const name of Object.keys(whole)) assert.ok(name in content, `${posted.type}: ${name}`);
      assert.ok(!JSON.stringify(content).includes('undefined'));
    }
  });

  it('a scheduled message › its new content in the same words, in the answer to the change and after it', async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    for (const kind of contentKinds.filter((one) => one !== 'reaction')) {
      const posted = fullContents[kind];
      const { id } = await send(sparse.find(({ type }) => type === kind) ?? posted, { sendAt });
      const path = `/api/messages/${id}`;
      const { status, body: edited } = await user.call<MessageJson>(path, {
        method: 'PATCH',
        body: { content: posted },
      });
      assert.equal(status, 200, JSON.stringify(edited));
      assert.deepEqual(missingIn(edited.content, posted), []);
      assert.deepEqual((await user.getMessage(id)).content, edited.content);
    }
  });

  it('a template › the name and the language of the request', async () => {
    const { content } = await user.send({ to: phone });
    assert.deepEqual(
      missingIn(content, { type: 'template', templateName: 'hello_world', language: 'en_US' }),
      [],
    );
  });

  it('a message that an earlier version stored › in the same words', async () => {
    const id = await hear(api(), user, phone);
    const location = { latitude: 1.5, longitude: 2.5, name: 'Our shop' };
    const old = { text: 'Our shop', raw: { type: 'location', location } };
    await api()
      .collection<MessageDoc>('messages')
      .updateOne(
        { _id: new Types.ObjectId(id) },
        { $set: { messageType: 'location', content: old }, $unset: { searchTokens: '', isUnannounced: '' } },
      );
    const { content } = await user.getMessage(id);
    assert.deepEqual(missingIn(content, { type: 'location', ...location, text: 'Our shop' }), []);
  });
});
