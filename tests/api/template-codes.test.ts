import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { issuePaths, type Answer } from '../support/http.ts';
import { codeOf, ifMatch, signUpAdmin, useMessagingApi, type Member } from '../support/messaging-api.ts';

type Part = Readonly<Record<string, unknown>>;

const app = { package_name: 'org.example.shop', signature_hash: 'K8a/AI+cGX7' };
const components: readonly Part[] = [
  { type: 'BODY', add_security_recommendation: true },
  { type: 'FOOTER', code_expiration_minutes: 5 },
  {
    type: 'BUTTONS',
    buttons: [{ type: 'OTP', otp_type: 'ONE_TAP', autofill_text: 'Fill in', supported_apps: [app] }],
  },
];

describe('authentication templates, once they were read back', () => {
  const api = useMessagingApi('template_codes');
  let admin: Member;
  let channelId: string;
  let created: Answer;

  beforeEach(async () => {
    admin = await signUpAdmin(api());
    const channel = await api().collection('channels').findOne({ clientId: admin.clientId });
    channelId = channel?._id.toHexString() ?? '';
    await behave({ reviewMs: 0 });
    created = await admin.post('/api/templates', {
      ...{ channelId, name: 'sign_in', language: 'en_US', category: 'authentication', components },
    });
    assert.equal(created.body['status'], 'approved', created.text);
    await sync();
  });
  afterEach(() => behave({ rejectWords: [] }));

  async function behave(settings: object): Promise<void> {
    const url = `${api().sandbox.url}/sandbox/behaviour`;
    assert.equal((await fetch(url, { method: 'PUT', body: JSON.stringify(settings) })).status, 200);
  }
  const sync = async () => (await admin.post('/api/templates/sync', { channelId })).body;
  const path = (rest = '') => `/api/templates/${String(created.body['id'])}${rest}`;
  const shown = () => admin.get(path());
  const partsOf = ({ body }: Answer) => body['components'] as readonly Part[];
  /** What the provider has. */
  async function theirs(): Promise<unknown> {
    const id = String(created.body['providerTemplateId']);
    const headers = { authorization: 'Bearer x' };
    const answer = await fetch(`${api().sandbox.url}/v25.0/${id}?fields=components`, { headers });
    return ((await answer.json()) as { components: unknown }).components;
  }

  it('shown › as it is written, with Meta’s texts; synchronised again › unchanged', async () => {
    const [body, footer, buttons] = partsOf(await shown());
    assert.equal(
      body?.['text'],
      '*{{1}}* is your verification code. For your security, do not share this code.',
    );
    assert.equal(body?.['add_security_recommendation'], true);
    const text = 'This code expires in 5 minutes.';
    assert.deepEqual(footer, { type: 'FOOTER', text, code_expiration_minutes: 5 });
    const otp = { type: 'OTP', otp_type: 'ONE_TAP', text: 'Copy code', autofill_text: 'Fill in' };
    assert.deepEqual(buttons, { type: 'BUTTONS', buttons: [{ ...otp, supported_apps: [app] }] });
    const { updated } = await sync();
    assert.equal(updated, 0);
  });

  it('previewed and sent › with nothing but its code', async () => {
    await behave({ checkTemplates: true });
    const variables = { code: '123456' };
    const preview = await admin.post(path('/preview'), { variables });
    assert.match(String(preview.body['text']), /^\*123456\* is your verification code\./);
    const sent = await admin.post('/api/messages/template', {
      ...{ to: '+4915112345601', templateName: 'sign_in', variables },
    });
    assert.equal(sent.status, 201, sent.text);
    const message = await api()
      .collection<MessageDoc>('messages')
      .findOne({ _id: new Types.ObjectId(String(sent.body['id'])) });
    const parameters = [{ type: 'text', text: '123456' }];
    assert.deepEqual(message?.content.template?.components, [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'url', index: '0', parameters },
    ]);
  });

  it('changed as it was shown › taken, and the provider has the change and everything else', async () => {
    const before = await shown();
    const given = partsOf(before).map((part) =>
      part['type'] === 'FOOTER' ? { ...part, code_expiration_minutes: 10 } : part,
    );
    const changed = await admin.patch(path(), { components: given }, ifMatch(before));
    assert.equal(changed.status, 200, changed.text);
    const [body, footer] = partsOf(changed);
    assert.deepEqual(footer, { type: 'FOOTER', code_expiration_minutes: 10 });
    assert.deepEqual([body?.['text'], body?.['add_security_recommendation']], [undefined, true]);
    const [theirBody, theirFooter, theirButtons] = (await theirs()) as Part[];
    assert.match(String(theirBody?.['text']), /do not share this code/);
    assert.equal(theirFooter?.['text'], 'This code expires in 10 minutes.');
    assert.match(JSON.stringify(theirButtons), /ONE_TAP.*Fill\+in.*org\.example\.shop/);
    await sync();
    assert.equal(partsOf(await shown())[1]?.['text'], 'This code expires in 10 minutes.');
  });

  it('given back unchanged › no change; with a custom text › 400 with its path', async () => {
    const before = await shown();
    const same = await admin.patch(path(), { components: partsOf(before) });
    assert.deepEqual([same.status, same.body], [200, before.body]);
    const given = partsOf(before).map((part) =>
      part['type'] === 'BODY' ? { ...part, text: 'My code: {{1}}.' } : part,
    );
    const refused = await admin.patch(path(), { components: given });
    assert.equal(codeOf(refused), '400 invalid-input');
    assert.deepEqual(issuePaths(refused), ['body.components.0.text']);
  });

  it('rejected › resubmitted unchanged', async () => {
    await behave({ rejectWords: ['Fill in'] });
    const before = await shown();
    const given = partsOf(before).map((part) =>
      part['type'] === 'BODY' ? { ...part, add_security_recommendation: false } : part,
    );
    const rejected = await admin.patch(path(), { components: given });
    assert.equal(rejected.status, 200, rejected.text);
    await sync();
    assert.equal((await shown()).body['status'], 'rejected');
    await behave({ rejectWords: [] });
    const again = await admin.post(path('/submit'));
    assert.equal(again.status, 200, again.text);
    await sync();
    assert.equal((await shown()).body['status'], 'approved');
  });

  it('a draft again, because the provider does not have it › submitted without Meta’s texts', async () => {
    const _id = new Types.ObjectId(String(created.body['id']));
    await api()
      .collection('templates')
      .updateOne(
        { _id },
        { $set: { status: 'draft', name: 'sign_in_2' }, $unset: { providerTemplateId: '' } },
      );
    const submitted = await admin.post(path('/submit'));
    assert.deepEqual([submitted.status, submitted.body['status']], [200, 'approved'], submitted.text);
  });
});
