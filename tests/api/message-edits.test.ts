import assert from 'node:assert/strict';
import type { MessageContent } from '../../src/sending/messages/store/content.ts';
import type { TimelineView } from '../../src/sending/messages/actions/schemas.ts';
import type { MessageView } from '../../src/sending/messages/schemas.ts';
import { issuePaths, type Answer as HttpAnswer } from '../support/http.ts';
import type { Answer } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { outcomeOf, startCorrespondence, type Correspondence } from '../support/stored-messages.ts';

const fromNow = (ms: number): Date => new Date(Date.now() + ms);
const hourMs = 3_600_000;

describe('messages › edit a scheduled one', function () {
  this.timeout(30_000);
  const api = useMessagingApi('message-edits');
  let ours: Correspondence;

  before(async () => {
    ours = await startCorrespondence(api());
  });

  const textOf = (body: string): MessageContent => ({
    ...{ text: body, payload: { type: 'text', text: { body } } },
  });
  const storeText = (changes = {}) =>
    ours.store({
      ...{ status: 'scheduled', sendAt: fromNow(hourMs), messageType: 'text' },
      content: textOf('At 19:00.'),
      ...changes,
    });
  const order = (name: string) => ({ body: [name, '1042'] });
  const storeTemplate = () =>
    ours.store({
      ...{ status: 'scheduled', sendAt: fromNow(hourMs), templateName: 'order_update' },
      content: {
        text: 'Hello Ana, your order 1042 is on its way. Thank you.',
        template: { name: 'order_update', language: { code: 'en_US' } },
        filling: { variables: order('Ana'), shown: {} },
      } as unknown as MessageContent,
    });
  const edit = (id: string, body: object): Promise<Answer<MessageView>> =>
    ours.user.call(`/api/messages/${id}`, { method: 'PATCH', body });
  const refusal = async (id: string, body: object) => {
    const answer = await edit(id, body);
    return [outcomeOf(answer), issuePaths(answer as unknown as HttpAnswer)];
  };

  it('its text › the new words, the same time; the timeline has the old ones and who changed them', async () => {
    const id = await storeText();
    const before = await ours.stored(id);
    const edited = await edit(id, { content: { type: 'text', body: 'At 20:00.' } });
    assert.equal(outcomeOf(edited), '200');
    assert.equal(edited.body.content.text, 'At 20:00.');
    const { content, acceptedContent, sendAt, statusHistory } = await ours.stored(id);
    assert.deepEqual(
      { content, acceptedContent, sendAt, statusHistory },
      {
        ...{ content: textOf('At 20:00.'), acceptedContent: textOf('At 19:00.') },
        ...{ sendAt: before.sendAt, statusHistory: before.statusHistory },
      },
    );
    const { body } = await ours.user.call<TimelineView>(`/api/messages/${id}/timeline`);
    const { kind, text, by } = body.entries.at(-1) ?? {};
    assert.deepEqual(
      { kind, text, by },
      { kind: 'words', text: 'edited by a user; before: “At 19:00.”', by: ours.user.userId },
    );
    assert.deepEqual(await ours.auditOf(id), [
      [`message.edited by ${ours.user.userId}`, { edited: null }, { edited: 'words' }],
    ]);
  });

  it('edited twice › the first words stay those that were accepted', async () => {
    const id = await storeText();
    for (const body of ['At 20:00.', 'At 21:00.']) await edit(id, { content: { type: 'text', body } });
    const { content, acceptedContent, reworded } = await ours.stored(id);
    assert.deepEqual([content.text, acceptedContent?.text], ['At 21:00.', 'At 19:00.']);
    assert.deepEqual(
      reworded?.map(({ from }) => from),
      ['At 19:00.', 'At 20:00.'],
    );
  });

  it('the variables of a template › filled and checked as at a send', async () => {
    const id = await storeTemplate();
    const edited = await edit(id, { variables: order('Ben') });
    assert.equal(outcomeOf(edited), '200');
    assert.equal(
      edited.body.content.text,
      'Hello Ben, your order 1042 is on its way. Thank you for your trust.',
    );
    const { content } = await ours.stored(id);
    assert.deepEqual(content.template?.components?.[0], {
      type: 'body',
      parameters: [
        { type: 'text', text: 'Ben' },
        { type: 'text', text: '1042' },
      ],
    });
    assert.deepEqual(await refusal(id, { variables: { body: ['Ben'] } }), [
      '400 invalid-input',
      ['body.variables.body.2'],
    ]);
  });

  it('sendAt null › the time is now', async () => {
    const id = await storeText();
    const edited = await edit(id, { sendAt: null });
    assert.equal(outcomeOf(edited), '200');
    const inMs = new Date(edited.body.sendAt ?? 0).getTime() - Date.now();
    assert.ok(inMs <= 0 && inMs > -20_000, `${inMs}`);
  });

  it('held at a gate › new words wait there, a new time is judged again', async () => {
    const waiting = { gate: 'quiet-hours', reason: 'quiet hours', since: fromNow(0) } as const;
    const id = await storeText({ sendAt: fromNow(-1_000), waiting });
    const edited = await edit(id, { content: { type: 'text', body: 'At 20:00.' } });
    assert.equal(edited.body.waitingFor?.gate, 'quiet-hours');
    assert.equal((await edit(id, { sendAt: fromNow(hourMs) })).body.waitingFor?.gate, 'schedule');
  });

  it('another kind, or the words of the other one › 400 with every wrong field, nothing changes', async () => {
    const [text, template] = [await storeText(), await storeTemplate()];
    const before = [await ours.stored(text), await ours.stored(template)];
    const [past, content] = [fromNow(-1_000), { type: 'text', body: 'x' }];
    const refused: [string, object, string[]][] = [
      [
        text,
        { content: { ...content, type: 'location', latitude: 1, longitude: 1, body: undefined } },
        ['body.content.type'],
      ],
      [text, { content: { type: 'reaction', messageId: text, emoji: '👍' } }, ['body.content.type']],
      [text, { sendAt: fromNow(367 * 24 * hourMs) }, ['body.sendAt']],
      [text, { variables: order('Ben'), sendAt: past }, ['body.sendAt', 'body.variables']],
      [template, { content, sendAt: past }, ['body.sendAt', 'body.content.type']],
      [template, { content, variables: order('Ben') }, ['body.variables']],
      [text, {}, ['body']],
      [text, { content: { type: 'text', body: '' } }, ['body.content.body']],
    ];
    for (const [id, body, paths] of refused)
      assert.deepEqual(await refusal(id, body), ['400 invalid-input', paths], JSON.stringify(body));
    assert.deepEqual([await ours.stored(text), await ours.stored(template)], before);
  });

  it('one that is in a call or has left › 409', async () => {
    const calling = await storeText({ status: 'sending' });
    const held = await storeText({ dispatch: { attempt: 1, isCalling: true, attempts: [] } });
    for (const id of [calling, held])
      assert.match(outcomeOf(await edit(id, { content: { type: 'text', body: 'x' } })), /^4\d\d/);
    assert.equal((await ours.stored(held)).content.text, 'At 19:00.');
  });
});
