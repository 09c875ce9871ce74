/**
 * The sandbox against a second npm client that others wrote: every kind of message that it builds is taken, and it verifies
 * and understands what the sandbox calls back. It always calls Meta's host; a `fetch` of the test redirects that.
 */
import assert from 'node:assert/strict';
import { WhatsAppAPI } from 'whatsapp-api-js';
import type { OnMessageArgs, OnStatusArgs } from 'whatsapp-api-js/emitters';
import {
  ActionButtons,
  ActionCatalog,
  ActionContactRequest,
  ActionCTA,
  ActionList,
  ActionLocation,
  ActionNavigateFlow,
  ActionProduct,
  ActionProductList,
  Audio,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  CatalogProduct,
  Contacts,
  Document,
  Footer,
  Header,
  Image,
  Interactive,
  ListSection,
  Location,
  Name,
  Phone,
  Product,
  ProductSection,
  Reaction,
  Row,
  Sticker,
  Template,
  Text,
  Video,
} from 'whatsapp-api-js/messages';
import type { ClientMessage, PostData, ServerMessageResponse } from 'whatsapp-api-js/types';
import { APP_SECRET, control, setStage, until, type Stage } from './helpers.ts';

const phoneId = '1000200030';
const to = '15551234501';

describe('sandbox and the client whatsapp-api-js', () => {
  let stage: Stage;
  let client: WhatsAppAPI;
  const messages: OnMessageArgs[] = [];
  const statuses: OnStatusArgs[] = [];
  let readCount = 0;

  before(async () => {
    // It reads the first status of a webhook only.
    stage = await setStage({ behaviour: { batchReceipts: false, checkTemplates: true } });
    client = new WhatsAppAPI({
      token: 'token',
      appSecret: APP_SECRET,
      v: 'v25.0',
      ponyfill: {
        fetch: (url: string | URL | Request, init?: RequestInit) => {
          const { pathname, search } = new URL(url instanceof Request ? url.url : url);
          return fetch(`${stage.sandbox.url}${pathname}${search}`, init);
        },
      },
    });
    client.on.message = (message) => void messages.push(message);
    client.on.status = (status) => void statuses.push(status);
  });
  after(() => stage.end());

  /** Gives the webhooks that arrived since the last call to the client, which checks each signature. */
  async function readWebhooks(): Promise<void> {
    for (const { raw, signature } of stage.receiver.posts.slice(readCount)) {
      readCount += 1;
      const text = Buffer.from(raw, 'latin1').toString('utf8');
      await client.post(JSON.parse(text) as PostData, text, signature ?? '');
    }
  }

  const idOf = (response: ServerMessageResponse): string => {
    assert.ok('messages' in response, JSON.stringify(response));
    return response.messages[0].id;
  };

  async function expectStatuses(wamid: string, expected: readonly string[]): Promise<void> {
    await until(`the statuses of ${wamid}`, async () => {
      await readWebhooks();
      return statuses.filter(({ id }) => id === wamid).length === expected.length;
    });
    const told = statuses.filter(({ id }) => id === wamid);
    assert.deepEqual(
      told.map(({ status, phone }) => [status, phone]),
      expected.map((status) => [status, to]),
    );
  }

  const section = new ProductSection('Shoes', new Product('sku-1'));
  const kinds: Readonly<Record<string, ClientMessage>> = {
    text: new Text('Grüße 👋', true),
    image: new Image('https://shop.example.com/a.png', false, 'Look'),
    video: new Video('https://shop.example.com/a.mp4'),
    audio: new Audio('https://shop.example.com/a.ogg', false, true),
    document: new Document('https://shop.example.com/a.pdf', false, 'Invoice', 'a.pdf'),
    sticker: new Sticker('https://shop.example.com/a.webp'),
    location: new Location(2.5, 1.5, 'Our shop', 'Main Street 1'),
    contacts: new Contacts([new Name('Ana Lee', 'Ana'), new Phone('+15550001', 'WORK')]),
    buttons: new Interactive(
      new ActionButtons(new Button('yes', 'Yes'), new Button('no', 'No')),
      new Body('Do you come?'),
      new Header('Tonight'),
      new Footer('Your shop'),
    ),
    list: new Interactive(
      new ActionList('Open', new ListSection('Sizes', new Row('s', 'Small', 'Up to 38'))),
      new Body('Which size?'),
    ),
    'link button': new Interactive(new ActionCTA('Open', 'https://shop.example.com'), new Body('Our page')),
    flow: new Interactive(new ActionNavigateFlow('token', '123', 'Begin', 'FIRST'), new Body('A survey')),
    'location request': new Interactive(new ActionLocation(), new Body('Where are you?')),
    'contact request': new Interactive(new ActionContactRequest(), new Body('Who are you?')),
    catalog: new Interactive(new ActionCatalog(new Product('sku-1')), new Body('All we have')),
    product: new Interactive(new ActionProduct(new CatalogProduct('sku-1', '900')), new Body('This one')),
    'product list': new Interactive(
      new ActionProductList('900', section),
      new Body('These'),
      new Header('Shoes'),
    ),
    template: new Template(
      'order_update',
      'en_US',
      new BodyComponent(new BodyParameter('Ana'), new BodyParameter('1042')),
    ),
  };

  for (const [kind, message] of Object.entries(kinds))
    it(`${kind} › sent › taken, and its three receipts understood`, async () => {
      const wamid = idOf(await client.sendMessage(phoneId, to, message));
      await expectStatuses(wamid, ['sent', 'delivered', 'read']);
    });

  it('a message of a contact › read with name and user id › answered, quoted, reacted to, marked as read', async () => {
    const { body } = await control<{ wamid: string }>(stage.sandbox, 'POST /inbound', {
      ...{ phoneNumberId: phoneId, from: to, name: 'Äsha', text: 'hi' },
    });
    await readWebhooks();
    const read = messages.find(({ message }) => message.id === body.wamid);
    assert.ok(read !== undefined);
    assert.deepEqual([read.phoneID, read.from, read.name], [phoneId, to, 'Äsha']);
    const { phone, bsuid } = read.recipient as { phone?: string; bsuid?: string };
    assert.equal(phone, to);
    assert.match(bsuid ?? '', /^US\.\d+$/);
    // It answers with the number and the user id at once.
    const answer = await read.reply(new Text('hello'), true);
    await expectStatuses(idOf(answer as ServerMessageResponse), ['sent', 'delivered', 'read']);
    idOf(await client.sendMessage(phoneId, to, new Reaction(body.wamid, '👍')));
    assert.deepEqual(await read.received('text'), { success: true });
  });

  it('a contact without a number › answered by the user id', async () => {
    const { body } = await control<{ wamid: string }>(stage.sandbox, 'POST /inbound', {
      ...{ phoneNumberId: phoneId, userId: 'US.13491208655302741918', text: 'hi' },
    });
    await readWebhooks();
    const read = messages.find(({ message }) => message.id === body.wamid);
    assert.equal(read?.from, 'US.13491208655302741918');
    idOf((await read.reply(new Text('hello'))) as ServerMessageResponse);
  });

  it('a failure › read with its code', async () => {
    await control(stage.sandbox, 'PUT /behaviour', { nextFailures: [{ code: 131049, details: 'enough' }] });
    const wamid = idOf(await client.sendMessage(phoneId, to, new Text('hi')));
    await expectStatuses(wamid, ['failed']);
    assert.equal(statuses.find(({ id }) => id === wamid)?.error?.code, 131049);
  });

  it('a wrong template › an error as Meta writes it', async () => {
    const response = await client.sendMessage(phoneId, to, new Template('order_update', 'en_US'));
    assert.ok('error' in response);
    assert.equal(response.error.code, 132000);
  });

  it('media › uploaded, looked up, fetched, deleted › the same bytes', async () => {
    const bytes = Buffer.from([137, 80, 78, 71, 13, 10]);
    const form = new FormData();
    form.set('file', new Blob([bytes], { type: 'image/png' }), 'a.png');
    const uploaded = await client.uploadMedia(phoneId, form);
    assert.ok('id' in uploaded, JSON.stringify(uploaded));
    const media = await client.retrieveMedia(uploaded.id);
    assert.ok('url' in media, JSON.stringify(media));
    const fetched = await client.fetchMedia(media.url);
    assert.deepEqual(Buffer.from(await fetched.arrayBuffer()), bytes);
    assert.deepEqual(await client.deleteMedia(uploaded.id), { success: true });
    assert.ok('error' in (await client.retrieveMedia(uploaded.id)));
  });

  it('people and codes › blocked and unblocked, made, changed and deleted › as it expects', async () => {
    const blocked = await client.blockUser(phoneId, to);
    assert.ok('block_users' in blocked, JSON.stringify(blocked));
    assert.ok('block_users' in (await client.unblockUser(phoneId, to)));
    const made = await client.createQR(phoneId, 'hi');
    assert.ok('code' in made, JSON.stringify(made));
    const codes = async (code?: string) => {
      const listed = await client.retrieveQR(phoneId, code);
      return 'data' in listed ? listed.data.map((shown) => shown.prefilled_message) : listed;
    };
    assert.deepEqual(await codes(), ['hi']);
    await client.updateQR(phoneId, made.code, 'hello');
    assert.deepEqual(await codes(made.code), ['hello']);
    assert.deepEqual(await client.deleteQR(phoneId, made.code), { success: true });
    assert.deepEqual(await codes(), []);
  });
});
