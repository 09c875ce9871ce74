import assert from 'node:assert/strict';
import { fillTemplate } from '../../src/templates/rules.ts';
import { starterTemplates } from '../../src/templates/content/starters.ts';
import { timelineOf } from '../../src/sending/messages/actions/timeline.ts';
import { templateContent } from '../../src/sending/messages/template-content.ts';
import { toAcceptedView, toMessageView } from '../../src/sending/messages/view.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import {
  runDispatch,
  setDispatchStage,
  type DispatchStage,
  type Sendable,
} from '../support/dispatch-stage.ts';
import { contentOf, fieldsOf } from '../support/shown-content.ts';

const to = '+15550001101';
const variables = { body: ['Ana', '1042'] };
const accepted = 'Hello Ana, your order 1042 is on its way. Thank you for your trust.';

/** What a message says that was accepted with the starter template `order_update`. */
function orderUpdate(): Partial<MessageDoc> {
  const template = starterTemplates.find(({ name }) => name === 'order_update');
  assert.ok(template !== undefined);
  const result = fillTemplate(template.components, variables);
  assert.ok(result.ok);
  const named = { name: template.name, language: 'en_US' };
  return {
    templateName: template.name,
    content: templateContent(named, { variables, filled: result.filled }),
  };
}

describe('dispatch › the words of a template', () => {
  let stage: DispatchStage;
  before(async () => {
    stage = await setDispatchStage();
  });
  after(() => stage?.close());

  /** The template as the provider has it since the message was accepted. */
  const change = ({ scope }: Sendable, ...components: readonly object[]) =>
    stage
      .collection('templates')
      .updateOne({ clientId: scope.clientId, name: 'order_update' }, { $set: { components } });

  const shownIn = (message: MessageDoc) => contentOf(toMessageView(message), 'template');

  it('as at acceptance › the message is not changed, and shown as its preview was', async () => {
    const sendable = await stage.sendable(to, orderUpdate());
    assert.equal((await runDispatch(stage.deps, sendable)).kind, 'dispatched');
    const stored = await stage.stored(sendable);
    assert.deepEqual([stored.reworded, stored.acceptedContent], [undefined, undefined]);
    assert.equal((await stage.callsFor(sendable)).length, 1);
    assert.deepEqual(fieldsOf(shownIn(stored)), {
      ...{ templateName: 'order_update', language: 'en_US' },
      ...{ header: null, body: accepted, footer: null, offer: null, buttons: [], cards: [] },
    });
  });

  it('changed since › leaves with its new words, which the message shows; its history tells the old ones', async () => {
    const sendable = await stage.sendable(to, orderUpdate());
    const button = { type: 'QUICK_REPLY', text: 'Thank you' };
    await change(
      sendable,
      { type: 'BODY', text: '{{2}} is ready, {{1}}.' },
      { type: 'BUTTONS', buttons: [button] },
    );
    assert.equal((await runDispatch(stage.deps, sendable)).kind, 'dispatched');
    const stored = await stage.stored(sendable);
    const { text, body, buttons } = shownIn(stored);
    assert.deepEqual([text, body], ['1042 is ready, Ana.', '1042 is ready, Ana.']);
    assert.deepEqual(stored.searchTokens, ['1042', 'is', 'ready', 'ana'], 'it is found by its new words');
    assert.deepEqual(
      buttons.map((shown) => shown.text),
      ['Thank you'],
    );
    assert.equal((await stage.callsFor(sendable)).length, 1);
    const told = timelineOf(stored).filter(({ kind }) => kind === 'words');
    assert.deepEqual(
      told.map((entry) => entry.text),
      [`the template has changed: the message leaves with its new words, not with “${accepted}”`],
    );
    assert.equal(toAcceptedView(stored).content.text, accepted, 'a repeated request gets its first answer');
  });

  it('changed so that its values no longer fit › failed before a call, with what is missing', async () => {
    const sendable = await stage.sendable(to, orderUpdate());
    await change(sendable, { type: 'BODY', text: '{{1}}, your order {{2}} comes on {{3}}.' });
    const end = await runDispatch(stage.deps, sendable);
    assert.equal(end.kind, 'settled');
    const { status, failure } = await stage.stored(sendable);
    assert.deepEqual([status, failure?.code], ['failed', 'template-changed']);
    assert.match(failure?.detail ?? '', /^variables\.body.*3/);
    assert.equal((await stage.callsFor(sendable)).length, 0);
  });

  it('a message that an earlier version accepted › leaves as it is', async () => {
    const { content, templateName } = orderUpdate();
    assert.ok(content !== undefined && templateName !== undefined);
    const { filling: _none, ...earlier } = content;
    const sendable = await stage.sendable(to, { templateName, content: earlier });
    await change(sendable, { type: 'BODY', text: '{{2}} is ready, {{1}}.' });
    assert.equal((await runDispatch(stage.deps, sendable)).kind, 'dispatched');
    const stored = await stage.stored(sendable);
    assert.equal(shownIn(stored).text, accepted);
    assert.equal(shownIn(stored).body, accepted);
  });
});
