import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { workflowIdOf } from '../../src/sending/messages/contract.ts';
import type { MessageDoc } from '../../src/sending/messages/store/repository.ts';
import { useApi } from '../support/api.ts';
import { phoneEndingIn, type Answer, type CrmUser } from '../support/crm-client.ts';
import { waitFor } from '../support/wait.ts';
import { inDays } from '../support/times.ts';

interface ProblemJson {
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const asProblem = ({ status, body }: Answer): { status: number; code: string; paths: string[] } => {
  const { code, errors = [] } = body as unknown as ProblemJson;
  return { status, code, paths: errors.map(({ path }) => path) };
};

describe('api › messages', function () {
  this.timeout(60_000);
  const api = useApi('messages');
  let user: CrmUser;

  beforeEach(async () => {
    user = await api().signUp();
  });

  const messagesOf = ({ clientId }: CrmUser) =>
    api()
      .collection<MessageDoc>('messages')
      .find({ clientId: new Types.ObjectId(clientId) })
      .toArray();

  const countWorkflows = async ({ clientId }: CrmUser): Promise<number> =>
    (await api().temporal.workflow.count(`ClientId = '${clientId}'`)).count;

  describe('idempotency', () => {
    it('the same key and body again › an identical answer, one message', async () => {
      const body = { to: phoneEndingIn('01') };
      const first = await user.trySend(body, 'order-1');
      const second = await user.trySend(body, 'order-1');
      assert.equal(first.status, 201);
      assert.deepEqual([second.status, second.body], [201, first.body]);
      assert.equal(second.headers.get('location'), first.headers.get('location'));
      assert.equal((await messagesOf(user)).length, 1);
    });

    it('the same content in another field order › counts as the same body', async () => {
      const to = phoneEndingIn('01');
      const variables = { body: { '1': 'Ana', '2': '1042' } };
      const first = await user.send({ to, templateName: 'order_update', variables }, 'order-2');
      const turned = { variables: { body: { '2': '1042', '1': 'Ana' } }, templateName: 'order_update', to };
      assert.equal((await user.send(turned, 'order-2')).id, first.id);
    });

    it('the key repeated much later › the original answer, not the current state', async () => {
      const body = { to: phoneEndingIn('01') };
      const first = await user.send(body, 'order-3');
      await api()
        .collection<MessageDoc>('messages')
        .updateOne(
          { _id: new Types.ObjectId(first.id) },
          { $set: { status: 'read', providerMessageId: 'wamid.x' } },
        );
      assert.deepEqual((await user.trySend(body, 'order-3')).body, first);
    });

    it('the same key with another body › 422, nothing stored', async () => {
      await user.send({ to: phoneEndingIn('01') }, 'order-4');
      const before = await api().countAll();
      const other = await user.trySend({ to: phoneEndingIn('02') }, 'order-4');
      assert.deepEqual(asProblem(other), { status: 422, code: 'idempotency-key-reused', paths: [] });
      assert.deepEqual(await api().countAll(), before);
    });

    it('twenty at once with one key › one message, one workflow, twenty times the same answer', async () => {
      const body = { to: phoneEndingIn('01') };
      const answers = await Promise.all(Array.from({ length: 20 }, () => user.trySend(body, 'order-5')));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201]);
      assert.equal(new Set(answers.map((answer) => JSON.stringify(answer.body))).size, 1);
      const stored = await messagesOf(user);
      assert.equal(stored.length, 1);
      await waitFor('the workflow is listed', async () => (await countWorkflows(user)) > 0);
      assert.equal(await countWorkflows(user), 1);
      const id = answers[0]?.body.id ?? '';
      const { runId } = await api().temporal.workflow.getHandle(workflowIdOf(id)).describe();
      assert.ok(runId !== '');
    });

    it('twenty at once with one key and two bodies › one of the two, 422 for all of the other', async () => {
      const bodies = [{ to: phoneEndingIn('01') }, { to: phoneEndingIn('02') }];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => user.trySend(bodies[index % 2] ?? {}, 'order-6')),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      assert.deepEqual(statuses, [...Array<number>(10).fill(201), ...Array<number>(10).fill(422)]);
      assert.equal((await messagesOf(user)).length, 1);
    });

    it('the same key of another client › a message of its own', async () => {
      const other = await api().signUp();
      const to = phoneEndingIn('01');
      const mine = await user.send({ to }, 'order-7');
      const theirs = await other.send({ to }, 'order-7');
      assert.notEqual(theirs.id, mine.id);
      assert.equal((await messagesOf(other)).length, 1);
    });

    it('no key › every request is a message', async () => {
      const body = { to: phoneEndingIn('01') };
      const [first, second] = [await user.send(body), await user.send(body)];
      assert.notEqual(first.id, second.id);
      assert.equal(first.contactId, second.contactId);
      assert.equal(first.conversationId, second.conversationId);
    });

    it('twenty at once to a new recipient › one contact, one lead, one conversation', async () => {
      const to = phoneEndingIn('01');
      const sent = await Promise.all(Array.from({ length: 20 }, () => user.send({ to })));
      assert.equal(new Set(sent.map(({ contactId }) => contactId)).size, 1);
      assert.equal(new Set(sent.map(({ conversationId }) => conversationId)).size, 1);
      const clientId = new Types.ObjectId(user.clientId);
      assert.equal(await api().collection('leads').countDocuments({ clientId }), 1);
    });
  });

  describe('checks before a send', () => {
    const orderUpdate = (variables: unknown) => ({
      to: phoneEndingIn('01'),
      templateName: 'order_update',
      variables,
    });
    const reminder = (variables: unknown) => ({
      ...orderUpdate(variables),
      templateName: 'appointment_reminder',
    });
    const good = { header: { customer: 'Ana' }, body: { customer: 'Ana', date: '12 May', time: '10:00' } };

    const cases: readonly (readonly [string, object, readonly string[]])[] = [
      ['none of two given', orderUpdate(undefined), ['body.variables.body.1', 'body.variables.body.2']],
      ['one of two given', orderUpdate({ body: ['Ana'] }), ['body.variables.body.2']],
      ['one too many', orderUpdate({ body: ['Ana', '1', 'x'] }), ['body.variables.body.3']],
      ['an empty one', orderUpdate({ body: ['Ana', ''] }), ['body.variables.body.2']],
      ['one of blanks', orderUpdate({ body: ['  ', '1'] }), ['body.variables.body.1']],
      [
        'one by a name that is not there',
        orderUpdate({ body: { '1': 'a', '2': 'b', name: 'c' } }),
        ['body.variables.body.name'],
      ],
      ['a text that gets too long', orderUpdate({ body: ['x'.repeat(1_000), '1'] }), ['body.variables.body']],
      [
        'one longer than any may be',
        orderUpdate({ body: ['x'.repeat(1_025), '1'] }),
        ['body.variables.body'],
      ],
      [
        'a header where there is none',
        orderUpdate({ body: ['a', 'b'], header: ['c'] }),
        ['body.variables.header.1'],
      ],
      [
        'a button where there is none',
        orderUpdate({ body: ['a', 'b'], buttons: { '0': 'c' } }),
        ['body.variables.buttons.0'],
      ],
      [
        'names missing in header and body',
        reminder({ body: { date: 'x' } }),
        ['body.variables.header.customer', 'body.variables.body.customer', 'body.variables.body.time'],
      ],
      [
        'positions where names are wanted',
        reminder({ ...good, header: ['Ana'] }),
        ['body.variables.header.customer', 'body.variables.header.1'],
      ],
      [
        'a header of more than 60 characters',
        reminder({ ...good, header: { customer: 'x'.repeat(60) } }),
        ['body.variables.header'],
      ],
      ['a third of two buttons', reminder({ ...good, buttons: { '2': 'c' } }), ['body.variables.buttons.2']],
      [
        'a payload of more than 256 characters',
        reminder({ ...good, buttons: { '1': 'x'.repeat(257) } }),
        ['body.variables.buttons.1'],
      ],
      [
        'variables for a template without any',
        { to: phoneEndingIn('01'), variables: { body: ['x'] } },
        ['body.variables.body.1'],
      ],
    ];
    for (const [what, body, paths] of cases) {
      it(`variables › ${what} › 400 that names each, nothing stored`, async () => {
        const before = await api().countAll();
        const refused = asProblem(await user.trySend(body as Record<string, unknown>));
        assert.deepEqual([refused.status, refused.code], [400, 'invalid-input']);
        for (const path of paths) {
          assert.ok(
            refused.paths.some((named) => named === path || named.startsWith(`${path}.`)),
            refused.paths.join(),
          );
        }
        assert.deepEqual(await api().countAll(), before);
      });
    }

    it('variables › by position, by name, and buttons › filled in as the recipient reads it', async () => {
      const byPosition = await user.send(orderUpdate({ body: ['Ana', '1042'] }));
      const byName = await user.send(orderUpdate({ body: { '1': 'Ana', '2': '1042' } }));
      assert.equal(byName.content.text, byPosition.content.text);
      assert.match(byPosition.content.text ?? '', /^Hello Ana, your order 1042 /);
      const full = await user.send(reminder({ ...good, buttons: { '0': 'yes', '1': 'call' } }));
      assert.equal(
        full.content.text,
        'A reminder for Ana\nDear Ana, we expect you on 12 May at 10:00. See you then!',
      );
      const stored = (await messagesOf(user)).find(({ _id }) => _id.toHexString() === full.id);
      assert.deepEqual(stored?.content.template?.components?.at(-1), {
        type: 'button',
        sub_type: 'quick_reply',
        index: '1',
        parameters: [{ type: 'payload', payload: 'call' }],
      });
    });

    it('variables › a text like an operator or a placeholder › unchanged', async () => {
      const sent = await user.send(orderUpdate({ body: ['{{2}}', '$ne'] }));
      assert.match(sent.content.text ?? '', /^Hello \{\{2\}\}, your order \$ne /);
    });

    it('several errors › all named at once, nothing stored', async () => {
      const before = await api().countAll();
      const expiresAt = '2020-01-01T00:00:00Z';
      const refused = await user.trySend({ ...orderUpdate({ body: ['Ana'] }), to: 'Ana', expiresAt });
      assert.deepEqual(asProblem(refused), {
        status: 400,
        code: 'invalid-input',
        paths: ['body.expiresAt', 'body.to', 'body.variables.body.2'],
      });
      const unknown = await user.trySend({ to: 'Ana', templateName: 'unheard_of', expiresAt });
      assert.deepEqual(asProblem(unknown).paths, ['body.expiresAt', 'body.to', 'body.templateName']);
      assert.deepEqual(await api().countAll(), before);
    });

    it('invalid and currently impossible › 400 first: 409 is for valid requests', async () => {
      const other = await api().signUp();
      const clientId = new Types.ObjectId(other.clientId);
      await api()
        .collection('templates')
        .updateMany({ clientId }, { $set: { status: 'disabled' } });
      assert.deepEqual(asProblem(await other.trySend({ to: 'Ana' })).paths, ['body.to']);
      assert.equal(asProblem(await other.trySend({ to: phoneEndingIn('01') })).status, 409);
    });

    it('an unknown template or language › 400 that names it', async () => {
      const unknown = asProblem(await user.trySend({ to: phoneEndingIn('01'), templateName: 'unheard_of' }));
      assert.deepEqual(unknown, { status: 400, code: 'invalid-input', paths: ['body.templateName'] });
      const language = asProblem(await user.trySend({ to: phoneEndingIn('01'), language: 'fr' }));
      assert.deepEqual(language, { status: 400, code: 'invalid-input', paths: ['body.language'] });
    });

    it('a template that is not approved › 409, for every other status', async () => {
      for (const status of ['draft', 'pending', 'rejected', 'disabled', 'deleted']) {
        const other = await api().signUp();
        const clientId = new Types.ObjectId(other.clientId);
        await api().collection('templates').updateMany({ clientId }, { $set: { status } });
        const refused = asProblem(await other.trySend({ to: phoneEndingIn('01') }));
        assert.deepEqual(refused, { status: 409, code: 'template-not-approved', paths: [] });
      }
    });

    it('a contact who has opted out › 409, by number and by id', async () => {
      const to = phoneEndingIn('01');
      const { contactId } = await user.send({ to });
      await api()
        .collection('contacts')
        .updateOne({ _id: new Types.ObjectId(contactId) }, { $set: { optInStatus: 'opted-out' } });
      const before = await api().countAll();
      for (const body of [{ to }, { contactId }]) {
        assert.deepEqual(asProblem(await user.trySend(body)), {
          status: 409,
          code: 'contact-opted-out',
          paths: [],
        });
      }
      assert.deepEqual(await api().countAll(), before);
    });

    it('a channel that is disconnected › 409', async () => {
      const other = await api().signUp();
      const _id = new Types.ObjectId(other.channelId);
      await api()
        .collection('channels')
        .updateOne({ _id }, { $set: { state: 'disconnected' } });
      const refused = asProblem(await other.trySend({ to: phoneEndingIn('01') }));
      assert.deepEqual(refused, { status: 409, code: 'channel-disconnected', paths: [] });
    });

    it('several channels › 400 until one is named, or the conversation says which', async () => {
      const other = await api().signUp();
      const channels = api().collection('channels');
      const first = await channels.findOne({ _id: new Types.ObjectId(other.channelId) });
      assert.ok(first !== null);
      const sent = await other.send({ to: phoneEndingIn('01'), channelId: other.channelId });
      const second = {
        ...first,
        _id: new Types.ObjectId(),
        place: 1,
        phoneNumberId: `p-${sent.id}`,
        webhookKeyHash: sent.id,
      };
      await channels.insertOne(second);
      // The API may cache its channels for a second.
      const refused = await waitFor('the second channel is seen', async () => {
        const answer = await other.trySend({ to: phoneEndingIn('01') });
        return answer.status === 201 ? undefined : asProblem(answer);
      });
      assert.deepEqual(refused, { status: 400, code: 'invalid-input', paths: ['body.channelId'] });
      const named = await other.send({ to: phoneEndingIn('01'), channelId: other.channelId });
      assert.equal(named.channelId, other.channelId);
      const inThread = await other.send({ conversationId: sent.conversationId });
      assert.equal(inThread.channelId, other.channelId);
    });

    it('a recipient by contact, lead and conversation › the same person', async () => {
      const first = await user.send({ to: phoneEndingIn('01') });
      const lead = await api()
        .collection('leads')
        .findOne({ contactId: new Types.ObjectId(first.contactId) });
      const leadId = lead?._id.toHexString();
      for (const who of [
        { contactId: first.contactId },
        { leadId },
        { conversationId: first.conversationId },
      ]) {
        const sent = await user.send(who);
        assert.deepEqual([sent.to, sent.conversationId], [first.to, first.conversationId]);
      }
    });

    it('a formatted number › stored as E.164; an impossible one › 400', async () => {
      const sent = await user.send({ to: '+49 (1511) 234-5601' });
      assert.equal(sent.to, '+4915112345601');
      for (const to of [
        '015112345601',
        '+49',
        '+4915112345601234567',
        '+0123456789',
        'Ana',
        '+49 1511 abc',
      ]) {
        const refused = asProblem(await user.trySend({ to }));
        assert.deepEqual(refused, { status: 400, code: 'invalid-input', paths: ['body.to'] }, to);
      }
    });

    it('times › an expiry before now or before sendAt, or more than a year ahead › 400; sendAt in the past › at once', async () => {
      const to = phoneEndingIn('01');
      for (const times of [
        { expiresAt: '2020-01-01T00:00:00Z' },
        { sendAt: inDays(31), expiresAt: inDays(30) },
      ]) {
        const refused = asProblem(await user.trySend({ to, ...times }));
        assert.deepEqual(refused, { status: 400, code: 'invalid-input', paths: ['body.expiresAt'] });
      }
      const tooFar = asProblem(await user.trySend({ to, sendAt: inDays(367) }));
      assert.deepEqual(tooFar, { status: 400, code: 'invalid-input', paths: ['body.sendAt'] });
      assert.equal((await user.send({ to, sendAt: inDays(365) })).status, 'scheduled');
      const { status, sendAt } = await user.send({ to, sendAt: '2020-01-01T00:00:00Z' });
      assert.deepEqual({ status, sendAt }, { status: 'queued', sendAt: null });
    });
  });
});
