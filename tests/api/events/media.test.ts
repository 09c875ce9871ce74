import assert from 'node:assert/strict';
import { openEvents, type EventStreamClient, type StreamedEvent } from '../../support/event-stream.ts';
import { makeJpeg } from '../../support/files.ts';
import { useMediaStage, type Business } from '../../support/media-stage.ts';
import { waitFor } from '../../support/wait.ts';

describe('api › live events of files', function () {
  this.timeout(60_000);
  const stage = useMediaStage('media-events');
  let business: Business;
  let picture: Buffer;
  let stream: EventStreamClient;

  before(async () => {
    picture = await makeJpeg();
  });
  beforeEach(async () => {
    business = await stage.signUp();
    stream = await openEvents(stage.api().url, { token: business.token });
    await waitFor('the stream begins', () => stream.text() !== '');
  });
  afterEach(() => stream.close());

  const told = (fileId: string): readonly StreamedEvent[] =>
    stream.events().filter(({ entity }) => entity.type === 'media' && entity.id === fileId);
  const statesOf = (fileId: string) => told(fileId).map(({ type, view }) => [type, view['state']]);

  it('a contact sends a picture › its message is told at once, its file when it can be read', async () => {
    const { message, fileId } = await stage.receive(business, picture);
    await waitFor('the message is told', () =>
      stream.events().some(({ type, entity }) => type === 'message.received' && entity.id === message.id),
    );
    assert.deepEqual(told(fileId), []);
    await stage.fetch(business, fileId);
    await waitFor('the file is told', () => told(fileId).length > 0);
    const bytes = picture.byteLength;
    const view = { messageId: message.id, state: 'stored', mimeType: 'image/jpeg', bytes };
    assert.deepEqual(
      told(fileId).map(({ type, view: facts }) => ({ type, ...facts })),
      [{ type: 'media.updated', ...view }],
    );
  });

  it('the provider no longer has a file › that it was given up is told', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.files().updateOne({ clientId: business.clientId }, { $set: { fetchBy: new Date(0) } });
    await stage.fetch(business, fileId);
    await waitFor('the end is told', () => told(fileId).length > 0);
    assert.deepEqual(statesOf(fileId), [['media.updated', 'expired']]);
  });

  it('an attempt fails, and the next one fetches the file › only the end is told', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.behave({ expiredTokens: true });
    await stage.fetch(business, fileId);
    await stage.behave({ expiredTokens: [] });
    await stage.fetch(business, fileId);
    await waitFor('the file is told', () => told(fileId).length > 0);
    assert.deepEqual(statesOf(fileId), [['media.updated', 'stored']]);
  });

  it('a stored file is erased › told in a later version', async () => {
    const { fileId } = await stage.receive(business, picture);
    await stage.fetch(business, fileId);
    await waitFor('the file is told', () => told(fileId).length > 0);
    await business.delete(`/api/media/${fileId}`);
    await waitFor('the erasure is told', () => told(fileId).length > 1);
    assert.deepEqual(statesOf(fileId), [
      ['media.updated', 'stored'],
      ['media.updated', 'erased'],
    ]);
    const [first, second] = told(fileId).map(({ version }) => version);
    assert.ok(Number(second) > Number(first));
  });
});
