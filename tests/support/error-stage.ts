import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import type { ErrorEnd } from '../../scripts/docs/error-ends.ts';
import type { ChannelView } from '../../src/channels/schemas.ts';
import type { MessageDoc } from '../../src/sending/messages/store/model.ts';
import { mapConcurrently } from '../../src/platform/concurrency.ts';
import type { TemplateDoc } from '../../src/templates/store/model.ts';
import { signUp, type CrmUser } from './crm-client.ts';
import type { Stack } from './stack.ts';
import { waitFor } from './wait.ts';

/** One error case: a message to its own contact, on its own channel. */
export interface ErrorCase {
  readonly end: ErrorEnd;
  readonly to: string;
  readonly channelId: string;
  readonly phoneNumberId: string;
  readonly wabaId: string;
  readonly templateName: string;
  /** Known after the send. */
  readonly messageId: string;
}

/** How a case is provoked: by refusing its first calls, or by a receipt after its acceptance. */
/** Without refusals: the template is paused at the sandbox, which refuses it by itself. */
export type Provocation = { readonly refusals: number } | 'receipt';

export interface ErrorStage {
  readonly user: CrmUser;
  /** Prepares all cases, scripts the sandbox, sends all; returns the cases in order. */
  provoke(wanted: readonly { end: ErrorEnd; by: Provocation }[]): Promise<readonly ErrorCase[]>;
  /** Resolves with the message once it is as expected. */
  messageOf(
    found: ErrorCase,
    what: string,
    isSo: (message: MessageDoc) => boolean,
    timeoutMs?: number,
  ): Promise<MessageDoc>;
  /** The automatic retry of the message. */
  followerOf(found: ErrorCase): Promise<MessageDoc>;
  templateOf(found: ErrorCase): Promise<TemplateDoc>;
  close(): void;
}

type Draft = Omit<ErrorCase, 'messageId'> & { readonly by: Provocation };

const atOnce = 6;
const marketing = {
  name: 'season_greetings',
  text: 'The new season has begun. Come and see what we have for you.',
};
const utility = { name: 'hello_world', text: 'Welcome! This message shows that you can send templates.' };

export async function setErrorStage(stack: Stack): Promise<ErrorStage> {
  const user = await signUp(stack.apiUrl);
  const messages = stack.collection<MessageDoc>('messages');
  const templates = stack.collection<TemplateDoc>('templates');
  const scope = { clientId: new Types.ObjectId(user.clientId) };
  const watch = watchMessages(() => messages.find(scope).toArray());
  return {
    user,
    async provoke(wanted) {
      const drafts = await mapConcurrently([...wanted.entries()], atOnce, ([index, { end, by }]) =>
        prepare(stack, user, { index, end, by }),
      );
      await tellSandbox(stack, drafts);
      return mapConcurrently(drafts, atOnce, async ({ by: _by, ...draft }) => {
        const { to, channelId, templateName } = draft;
        const { id } = await user.send({ to, channelId, templateName });
        return { ...draft, messageId: id };
      });
    },
    messageOf: (found, what, isSo, timeoutMs = 40_000) => {
      let seen: MessageDoc | undefined;
      const probe = () => {
        seen = watch.find(({ _id }) => _id.toHexString() === found.messageId);
        return seen !== undefined && isSo(seen) ? seen : undefined;
      };
      return waitFor(`${found.end.name}: ${what}`, probe, { timeoutMs, everyMs: 100 }).catch(
        (error: unknown) => {
          const { status, waiting, failure, dispatch } = seen ?? {};
          const told = JSON.stringify({ status, waiting, failure, attempts: dispatch?.attempts });
          throw new Error(`${found.end.name}: ${what} is not so: ${told}`, { cause: error });
        },
      );
    },
    followerOf: (found) =>
      waitFor(
        `${found.end.name}: a message follows`,
        () => watch.find(({ retryOf }) => retryOf?.toHexString() === found.messageId),
        { everyMs: 100 },
      ),
    async templateOf({ channelId, templateName: name }) {
      const template = await templates.findOne({ ...scope, channelId: new Types.ObjectId(channelId), name });
      assert.ok(template);
      return template;
    },
    close: watch.stop,
  };
}

/** All messages as of a moment ago: one query for a hundred waiting cases. */
function watchMessages(read: () => Promise<readonly MessageDoc[]>) {
  let last: readonly MessageDoc[] = [];
  let isReading = false;
  const timer = setInterval(() => {
    if (isReading) return;
    isReading = true;
    void read()
      .then(
        (found) => void (last = found),
        () => undefined,
      )
      .finally(() => void (isReading = false));
  }, 250);
  return {
    find: (isIt: (message: MessageDoc) => boolean) => last.find(isIt),
    stop: () => clearInterval(timer),
  };
}

/** Errors that only marketing messages can get. */
const needsMarketing = ({ example: { code, endpoint } }: ErrorEnd): boolean =>
  endpoint === 'marketing' || [131049, 131050, 131063, 134100, 134101, 134102].includes(code);

async function prepare(
  stack: Stack,
  user: CrmUser,
  { index, end, by }: { index: number; end: ErrorEnd; by: Provocation },
): Promise<Draft> {
  const number = String(index).padStart(4, '0');
  const ids = { phoneNumberId: `9100000${number}`, wabaId: `9200000${number}` };
  const created = await user.call<ChannelView>('/api/channels', {
    method: 'POST',
    body: { displayNumber: `+1555000${number}`, ...ids, accessToken: `token-${number}` },
  });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const channelId = created.body.id;
  const isMarketing = needsMarketing(end);
  const isPaused = by !== 'receipt' && by.refusals === 0;
  await addTemplate(stack, user, { channelId, wabaId: ids.wabaId, isMarketing, isPaused });
  if (end.example.endpoint === 'marketing') {
    await stack
      .collection('channels')
      .updateOne({ _id: new Types.ObjectId(channelId) }, { $set: { usesMarketingEndpoint: true } });
  }
  const templateName = (isMarketing ? marketing : utility).name;
  // The last two digits have no meaning for the sandbox.
  const draft = { end, by, to: `+491511${number}050`, channelId, ...ids, templateName };
  if (end.class === 'window') await openWindow(stack, draft);
  return draft;
}

interface TemplateWish {
  readonly channelId: string;
  readonly wabaId: string;
  readonly isMarketing: boolean;
  /** Changed at the sandbox without a webhook to the product. */
  readonly isPaused: boolean;
}

/** The same template on both sides, so that reading it again changes nothing. */
async function addTemplate(
  stack: Stack,
  user: CrmUser,
  { channelId, wabaId, isMarketing, isPaused }: TemplateWish,
): Promise<void> {
  const { name, text } = isMarketing ? marketing : utility;
  const components = [{ type: 'BODY', text }] as const;
  await stack.collection<TemplateDoc>('templates').insertOne({
    _id: new Types.ObjectId(),
    clientId: new Types.ObjectId(user.clientId),
    channelId: new Types.ObjectId(channelId),
    name,
    language: 'en_US',
    category: isMarketing ? 'marketing' : 'utility',
    components,
    parameterFormat: 'positional',
    status: 'approved',
    createdAt: new Date(),
    version: 1,
  });
  const category = isMarketing ? 'MARKETING' : 'UTILITY';
  const status = isPaused ? 'PAUSED' : 'APPROVED';
  const body = { components, category, status, webhook: false };
  const told = await stack.control(`/templates/${wabaId}/${name}`, { method: 'PUT', body });
  assert.equal(told.status, 200, JSON.stringify(told.body));
}

/** The contact writes first, which opens the window that the error can close. */
async function openWindow(
  stack: Stack,
  { phoneNumberId, channelId, to }: Omit<Draft, 'end' | 'by'>,
): Promise<void> {
  const body = { phoneNumberId, from: to, type: 'text', text: 'Hello' };
  const played = await stack.control('/inbound', { method: 'POST', body });
  assert.equal(played.status, 200, JSON.stringify(played.body));
  await waitFor('the window is open', async () => {
    const opened = { channelId: new Types.ObjectId(channelId), windowExpiresAt: { $gt: new Date() } };
    return (await stack.collection('conversations').findOne(opened)) !== null;
  });
}

/** One request for all: a later script list would replace this one. */
async function tellSandbox(stack: Stack, drafts: readonly Draft[]): Promise<void> {
  const nextErrors: object[] = [];
  const nextFailures: object[] = [];
  for (const { end, by, to } of drafts) {
    const { code, subcode, httpStatus: status, detail: details, isTransient } = end.example;
    const given = { to: to.slice(1), code, ...(details === undefined ? {} : { details }) };
    if (by === 'receipt') nextFailures.push({ ...given, sent: true });
    else if (by.refusals > 0) {
      nextErrors.push({
        ...given,
        times: by.refusals,
        ...(subcode === undefined ? {} : { subcode }),
        ...(status === undefined ? {} : { status }),
        ...(isTransient === true ? { body: { error: { code, message: 'Soon', is_transient: true } } } : {}),
      });
    }
  }
  const numbers = Object.fromEntries(drafts.map(({ phoneNumberId, wabaId }) => [phoneNumberId, { wabaId }]));
  const told = await stack.control('/behaviour', {
    method: 'PUT',
    body: { nextErrors, nextFailures, numbers },
  });
  assert.equal(told.status, 200, JSON.stringify(told.body));
}
