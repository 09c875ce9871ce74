import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { phoneEndingIn, signUp, type Answer, type CrmUser } from '../support/crm-client.ts';
import { useStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';

interface TemplateJson {
  readonly id: string;
  readonly code?: string;
  readonly status: string;
  readonly pauseReason: string | null;
}

describe('e2e › templates', function () {
  this.timeout(60_000);
  const stack = useStack('templates');
  let user: CrmUser;
  let wabaId: string;

  before(async () => {
    user = await signUp(stack().apiUrl);
    const channel = await stack()
      .collection('channels')
      .findOne({ clientId: new Types.ObjectId(user.clientId) });
    wabaId = String(channel?.['wabaId']);
    const numbers = { [user.phoneNumberId]: { wabaId } };
    await behave({ numbers, unpauseAfterMs: 0, reviewMs: 0, checkTemplates: true });
  });

  const behave = (body: object) => stack().control('/behaviour', { method: 'PUT', body });
  const post = (path: string, body: object = {}): Promise<Answer<TemplateJson>> =>
    user.call(`/api/templates${path}`, { method: 'POST', body });
  const named = async (name: string): Promise<TemplateJson | undefined> => {
    const page = await user.call<{ items: (TemplateJson & { name: string })[] }>('/api/templates');
    return page.body.items.find((template) => template.name === name);
  };

  it('paused by pacing › its message is held; unpaused › sent automatically, once', async () => {
    const otherInfo = { title: 'RATE_LIMITING_PAUSE', description: 'The first people disliked it.' };
    const body = { status: 'PAUSED', otherInfo };
    await stack().control(`/templates/${wabaId}/hello_world`, { method: 'PUT', body });
    const paused = await waitFor('the pause is known', async () => {
      const template = await named('hello_world');
      return template?.status === 'paused' ? template : undefined;
    });
    assert.match(paused.pauseReason ?? '', /^RATE_LIMITING_PAUSE/);
    const sent = await user.send({ to: phoneEndingIn('01') });
    await waitFor('it is held', async () => {
      const { waitingFor } = await user.getMessage(sent.id);
      return waitingFor?.gate === 'template';
    });
    const unpaused = await post(`/${paused.id}/unpause`);
    assert.deepEqual([unpaused.status, unpaused.body.status], [200, 'approved']);
    await user.waitForStatus(sent.id, ['read']);
    assert.equal((await stack().ledgerOf(sent.id)).length, 1);
  });

  const signIn = {
    ...{ name: 'sign_in', language: 'en_US', category: 'authentication' },
    components: [
      { type: 'BODY', add_security_recommendation: true },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
    ],
  };

  it('a sign-in template, read back › the provider, which checks its content, accepts the code', async () => {
    const { channelId } = user;
    const created = await post('', { channelId, ...signIn });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    // A sync leaves a template that the provider's own event changes meanwhile to the next one.
    await waitFor('it is read back', async () => {
      assert.equal((await post('/sync', { channelId })).status, 200);
      return JSON.stringify(await named('sign_in')).includes('*{{1}}*');
    });
    const sent = await user.send({
      ...{ to: phoneEndingIn('01'), templateName: 'sign_in', variables: { code: '123456' } },
    });
    const { content } = await user.waitForStatus(sent.id, ['read']);
    assert.match(content.text ?? '', /^\*123456\* is your verification code/);
  });

  it('the account is full › 409 with the reason, and nothing is stored', async () => {
    await behave({ templatesPerAccount: 4 });
    const full = await post('', { channelId: user.channelId, ...signIn, name: 'sign_in_2' });
    assert.deepEqual([full.status, full.body.code], [409, 'template-limit-reached']);
    assert.equal(await named('sign_in_2'), undefined);
  });
});
