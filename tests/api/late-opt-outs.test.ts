import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { scopeOf } from '../../src/platform/mongo.ts';
import type { ContactView } from '../../src/people/contacts/schemas.ts';
import { phoneEndingIn } from '../support/crm-client.ts';
import { useMessagingApi } from '../support/messaging-api.ts';
import { setRecipientsStage, type RecipientsStage } from '../support/recipients-stage.ts';

/** `a STOP -600` = a text from the number a, 600 seconds ago; `a>b -300` = WhatsApp says that a has moved to b. */
type Step = `${string} ${string} -${number}` | `${string}>${string} -${number}`;

describe('opt-outs and number changes that arrive late', function () {
  this.timeout(60_000);
  const api = useMessagingApi('late_opt_outs');
  let stage: RecipientsStage;
  let phones: Map<string, string>;

  beforeEach(async () => {
    stage = await setRecipientsStage(api());
    phones = new Map();
  });

  const phoneOf = (name: string): string => {
    const phone = phones.get(name) ?? phoneEndingIn(String(phones.size + 10));
    phones.set(name, phone);
    return phone;
  };
  const identityOf = (name: string) => ({
    phoneNumber: phoneOf(name),
    whatsappId: phoneOf(name).replace('+', ''),
  });

  async function deliver(...steps: readonly Step[]): Promise<void> {
    const scope = scopeOf(new Types.ObjectId(stage.user.clientId));
    // The provider's times are whole seconds.
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    for (const step of steps) {
      const [what = '', ...rest] = step.split(' ');
      const atMs = now + Number(rest.at(-1)) * 1_000;
      const [from = '', to] = what.split('>');
      if (to === undefined) await stage.write({ from: phoneOf(from) }, rest[0] ?? '', { atMs });
      else
        await api().api.core.contacts.follow(
          scope,
          { reason: 'number-changed', from: identityOf(from), to: identityOf(to) },
          { at: new Date(atMs) },
        );
    }
  }
  const answerOf = async (name: string): Promise<string> => {
    const { status, body } = await stage.user.trySend({ to: phoneOf(name) });
    return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
  };
  const refused = '409 contact-opted-out';
  const contactAt = async (name: string) => {
    const { body } = await stage.user.call<{ items: ContactView[] }>(
      `/api/contacts?q=${encodeURIComponent(phoneOf(name))}`,
    );
    return body.items[0];
  };

  it('STOP from a number whose move is announced after its old number got another owner › stops that number alone', async () => {
    await deliver('n1 hello -1200', 'n1>n0 -300', 'n0>n2 -900', 'n2 STOP -600');
    assert.equal(await answerOf('n2'), refused);
    assert.equal(await answerOf('n0'), '201', 'the new owner of n0 said nothing');
  });

  it('a message from before the owner moved to the number › another contact, which follows its own change', async () => {
    await deliver('n1 hello -1200', 'n1>n0 -300', 'n0 STOP -1000', 'n0>n2 -900');
    assert.equal(await answerOf('n2'), refused);
    assert.notEqual((await contactAt('n0'))?.optInStatus, 'opted-out');
  });

  it('two people swap their numbers within seconds › the one who said STOP is refused at the new number', async () => {
    await deliver('n0 STOP -1500', 'n1 hi -1400', 'n1>n0 -590', 'n0>n1 -600');
    assert.equal(await answerOf('n1'), refused);
  });

  it('moved away and back, announced in the other order › stays; a late STOP from between stops the number', async () => {
    await deliver('a hi -600', 'b>a -100', 'a>b -200');
    assert.ok((await contactAt('a')) !== undefined, 'the contact stays');
    await deliver('b STOP -150');
    assert.equal(await answerOf('a'), refused);
    assert.equal(await answerOf('b'), refused, 'the address that said it');
  });

  it('STOP, then a chain of changes in reverse › every number of the chain is refused', async () => {
    await deliver('a STOP -300', 'b>d -100', 'a>b -200');
    for (const name of ['a', 'b', 'd']) assert.equal(await answerOf(name), refused, name);
  });

  it('a chain of changes in one second, in either order › a STOP from before or in that second is refused at its end', async () => {
    await deliver('a STOP -610', 'a>b -600', 'b>c -600');
    assert.equal(await answerOf('c'), refused);
    await deliver('e>f -600', 'd>e -600', 'd STOP -600');
    assert.equal(await answerOf('f'), refused);
  });

  it('STOP from a former number, then START from there › allowed again, also if the STOP comes late', async () => {
    await deliver('a hi -900', 'a>b -600', 'a STOP -700', 'a START -100');
    assert.equal(await answerOf('a'), '201');
    await deliver('a STOP -650');
    assert.equal(await answerOf('a'), '201');
  });

  it('a status without a recorded consent › lifts no STOP of the address', async () => {
    await deliver('a STOP -900', 'a>b -600');
    const created = await stage.user.call('/api/contacts', {
      method: 'POST',
      body: { phoneNumber: phoneOf('a'), optInStatus: 'opted-in' },
    });
    assert.equal(created.status, 201);
    assert.equal(await answerOf('a'), refused);
    await deliver('c STOP -900', 'c>e -600');
    const lead = await stage.user.call('/api/leads', {
      method: 'POST',
      body: { phoneNumber: phoneOf('c'), optInStatus: 'opted-in' },
    });
    assert.equal(lead.status, 201);
    assert.equal(await answerOf('c'), refused);
  });

  it('STOP, then a user sets the status to unknown › still refused, until a recorded opt-in', async () => {
    await deliver('a STOP -900');
    const id = (await contactAt('a'))?.id ?? '';
    await stage.correct(id, { optInStatus: 'unknown', consent: { source: 'cleaning' } });
    assert.equal(await answerOf('a'), refused);
    await stage.correct(id, { optInStatus: 'opted-in', consent: { source: 'form' } });
    assert.equal(await answerOf('a'), '201');
  });

  it('STOP, then the status is unknown, then the person moves on › refused at every number, until START', async () => {
    await deliver('a STOP -900');
    const id = (await contactAt('a'))?.id ?? '';
    await stage.correct(id, { optInStatus: 'unknown', consent: { source: 'cleaning' } });
    await deliver('a>b -600', 'b>c -300');
    for (const name of ['a', 'b', 'c']) assert.equal(await answerOf(name), refused, name);
    await stage.correct(id, { phoneNumber: phoneOf('d'), whatsappId: null });
    assert.equal(await answerOf('d'), refused, 'a user enters another number');
    await deliver('d START -10');
    assert.equal(await answerOf('d'), '201');
  });

  it('STOP, then the status is unknown, then another contact proves to be the person › refused there too', async () => {
    await deliver('a STOP -900', 'b hi -20');
    const id = (await contactAt('a'))?.id ?? '';
    await stage.correct(id, { optInStatus: 'unknown', consent: { source: 'cleaning' } });
    await deliver('a>b -40');
    assert.equal(await answerOf('b'), refused);
  });

  it('START from the next owner of a number, its change announced later › lifts no STOP of the person who left', async () => {
    await deliver('a STOP -900', 'a START -100', 'a>b -600');
    assert.equal(await answerOf('b'), refused);
    assert.equal(await answerOf('a'), '201', 'the next owner said START there');
    await deliver('b START -10');
    assert.equal(await answerOf('b'), '201');
  });

  it('START before the number was left › holds at the new number', async () => {
    await deliver('a STOP -900', 'a START -700', 'a>b -600');
    assert.equal(await answerOf('b'), '201');
  });

  it('START from the old number › opens no recycled number that its last owner had stopped', async () => {
    await deliver('c STOP -900', 'c>d -800', 'a hi -700', 'a>c -300', 'a START -500');
    assert.equal(await answerOf('c'), refused);
    await deliver('c START -10');
    assert.equal(await answerOf('c'), '201');
    assert.equal(await answerOf('d'), refused, 'the last owner');
  });

  it('STOP, the status unknown, away; another says START there; back again › refused', async () => {
    await deliver('a STOP -900');
    const id = (await contactAt('a'))?.id ?? '';
    await stage.correct(id, { optInStatus: 'unknown', consent: { source: 'cleaning' } });
    await deliver('a>b -800', 'a START -600', 'a>c -500', 'b>a -300');
    assert.equal(await answerOf('a'), refused);
  });

  it('STOP, the status unknown, deleted › refused when the number comes back', async () => {
    await deliver('a STOP -900');
    const id = (await contactAt('a'))?.id ?? '';
    await stage.correct(id, { optInStatus: 'unknown', consent: { source: 'cleaning' } });
    await stage.user.call(`/api/contacts/${id}`, { method: 'DELETE' });
    await deliver('a hi -600', 'a>b -500');
    assert.equal(await answerOf('b'), refused);
  });
});
