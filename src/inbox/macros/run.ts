import type { ClientSession, Types } from 'mongoose';
import type { Change, ResourceRef } from '../../audit/resource.ts';
import type { LeadDirectory } from '../../people/leads/directory.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError, notFound, wrongState } from '../../platform/errors.ts';
import { isDuplicateKey, type ClientScope } from '../../platform/mongo.ts';
import type { RunInTransaction } from '../../platform/transaction.ts';
import type { RenderCannedReply } from '../canned-replies/rendering.ts';
import type { ConversationResource } from '../conversations/resource.ts';
import { wishOf } from '../conversations/snooze-schemas.ts';
import { requireSnooze } from '../conversations/snoozing.ts';
import { snoozing } from '../conversations/setting-aside.ts';
import { type createSteps, hasSuccessor, type SteppedConversations } from '../conversations/steps.ts';
import type { ConversationDoc, ConversationRecord, Person } from '../conversations/use-cases.ts';
import type { NoteUseCases } from '../notes/use-cases.ts';
import { mentionsOf } from '../notes/mentions.ts';
import type { DecisionAction, MacroAction, SendAction } from './model.ts';
import { atAction } from './refusals.ts';
import type { PreparedSend, PrepareSend, SendContent } from './sends.ts';
import type { MacroUseCases } from './use-cases.ts';

export interface RunDeps {
  readonly macros: Pick<MacroUseCases, 'get'>;
  readonly conversations: SteppedConversations;
  readonly resource: Pick<ConversationResource, 'within'>;
  readonly steps: ReturnType<typeof createSteps>;
  readonly assignments: Parameters<typeof snoozing>[0]['assignments'];
  readonly notes: Pick<NoteUseCases, 'createWithin'>;
  readonly leads: Pick<LeadDirectory, 'findOrCreateWithin'>;
  readonly render: RenderCannedReply;
  readonly prepareSend: PrepareSend;
  readonly runInTransaction: RunInTransaction;
  readonly clock: Clock;
}

/** What a macro has done. */
export interface MacroRun {
  readonly messageId: Types.ObjectId | null;
  readonly noteIds: readonly Types.ObjectId[];
}

interface Running {
  readonly scope: ClientScope;
  readonly by: Person;
  readonly ref: ResourceRef;
  readonly isOfMany: boolean;
}

/** What one action does in the transaction; a note has an id. */
type Step = (session: ClientSession) => Promise<Types.ObjectId | null>;

interface PlacedSend {
  readonly index: number;
  readonly send: PreparedSend;
}

interface StoredSend extends PlacedSend {
  /** The conversation was open or pending before the macro. */
  readonly wasLive: boolean;
}

/**
 * Runs a macro on a conversation as one: first everything that only needs reading is checked, then all decisions and notes
 * are written in their order, and the message last, in one transaction. If an action is refused, nothing has happened.
 */
export const createRunMacro =
  (deps: RunDeps) =>
  async (
    scope: ClientScope,
    by: Person,
    ref: ResourceRef,
    { id, isOfMany }: { readonly id: Types.ObjectId; readonly isOfMany: boolean },
  ): Promise<MacroRun> => {
    const { actions } = await deps.macros.get(scope, { by }, id);
    const conversation = await deps.conversations.findById(scope, ref.id);
    if (conversation === null) throw notFound('conversation');
    const running = { scope, by, ref: { id: ref.id, version: undefined }, isOfMany };
    const placed = await prepare(deps, running, { conversation, actions });
    const steps: Step[] = [];
    for (const [index, action] of actions.entries())
      steps.push(await atAction(index, () => stepOf(deps, running, action)));
    const run = await deps.runInTransaction(async (session): Promise<MacroRun> => {
      const { status } = await deps.resource.within(session).require(scope, ref);
      const noteIds: Types.ObjectId[] = [];
      for (const [index, step] of steps.entries()) {
        const noteId = await atAction(index, () => step(session));
        if (noteId !== null) noteIds.push(noteId);
      }
      const wasLive = status !== 'closed';
      const messageId = placed === null ? null : await store(deps, running, { ...placed, wasLive }, session);
      return { messageId, noteIds };
    });
    await placed?.send.start();
    return run;
  };

const isSend = (action: MacroAction): action is SendAction => action.type.startsWith('send-');

/** Checks the message of the macro; null if it sends none. */
async function prepare(
  deps: RunDeps,
  { scope, by, isOfMany }: Running,
  { conversation, actions }: { conversation: ConversationDoc; actions: readonly MacroAction[] },
): Promise<PlacedSend | null> {
  const index = actions.findIndex(isSend);
  const action = actions[index];
  if (action === undefined || !isSend(action)) return null;
  const send = await atAction(index, async () => {
    const content = await contentOf(deps, { scope, by, conversation }, action);
    return deps.prepareSend(scope, { conversation, content, by: by.userId, isOfMany });
  });
  return { index, send };
}

async function contentOf(
  { render }: RunDeps,
  { scope, by, conversation }: Pick<Running, 'scope' | 'by'> & { readonly conversation: ConversationDoc },
  action: SendAction,
): Promise<SendContent> {
  if (action.type === 'send-text') return { kind: 'text', body: action.body };
  if (action.type === 'send-template') {
    const { templateName, language, variables } = action;
    return { kind: 'template', templateName, language, variables };
  }
  const who = { by, isAdmin: false };
  const rendering = { id: action.cannedReplyId, conversationId: conversation._id, values: action.values };
  const { text, needs } = await render(scope, who, rendering);
  if (text !== null) return { kind: 'text', body: text };
  throw new AppError('invalid-input', `The canned reply has no value for ${needs.join(', ')}.`, {
    errors: needs.map((name) => ({ path: `body.values.${name}`, message: 'There is no value for it.' })),
  });
}

/** Makes the step of an action, after what can be checked before the transaction. */
async function stepOf(deps: RunDeps, running: Running, action: MacroAction): Promise<Step> {
  // Its message is stored after all steps.
  if (isSend(action)) return async () => null;
  const { scope, by, ref } = running;
  if (action.type === 'note') {
    const { body } = action;
    const note = { conversationId: ref.id, body, mentions: mentionsOf(body) };
    return async (session) => (await deps.notes.createWithin(scope, by, note, session))._id;
  }
  const change = await changeOf(deps, running, action);
  return async (session) => {
    try {
      await deps.resource.within(session).change(scope, by, ref, change);
      return null;
    } catch (error) {
      throw isDuplicateKey(error) ? await hasSuccessor(deps.conversations, scope, ref.id) : error;
    }
  };
}

function changeOf(
  deps: RunDeps,
  { scope, by }: Running,
  action: DecisionAction,
): Change<ConversationRecord> | Promise<Change<ConversationRecord>> {
  const { steps, clock } = deps;
  switch (action.type) {
    case 'set-status':
      return steps.setStatus(by, action.status);
    case 'assign':
      return steps.assign(scope, by, action.agentId);
    case 'take':
      return steps.take(scope, by);
    case 'give-back':
      return steps.giveBack(by);
    case 'snooze':
      return snoozing(deps, by, requireSnooze(wishOf(action), clock.now(), 'body.preset'));
    case 'add-labels':
      return steps.label(scope, (before) => withLabels(before, action.labels));
    case 'remove-labels':
      return steps.label(scope, (before) =>
        before.filter((had) => !action.labels.some((label) => label.equals(had))),
      );
  }
}

const maxLabels = 20;

/** Throws `wrong-state` if the conversation would have too many. */
function withLabels(
  before: readonly Types.ObjectId[],
  added: readonly Types.ObjectId[],
): readonly Types.ObjectId[] {
  const labels = [...added, ...before.filter((had) => !added.some((label) => label.equals(had)))];
  if (labels.length <= maxLabels) return labels;
  throw new AppError('wrong-state', `The conversation would have more than ${maxLabels} labels.`);
}

/**
 * Stores the message in the conversation, also if the macro has closed it. Into one that was and stays closed nothing is
 * sent: the contact may have a live one.
 */
const store = (
  { conversations, leads, clock }: RunDeps,
  { scope, ref }: Running,
  { index, send, wasLive }: StoredSend,
  session: ClientSession,
): Promise<Types.ObjectId> =>
  atAction(index, async () => {
    const { takesTurn } = send;
    const { leadId, contactId, status } = (await conversations.findById(scope, ref.id, session)) ?? {};
    if (!wasLive && status === 'closed') throw wrongState('The conversation is closed.', 'closed');
    const taken = { takesTurn, isMessage: true, session };
    const thread = await conversations.touch(scope, ref.id, clock.now(), taken);
    if (thread === null) throw notFound('conversation');
    if (leadId === undefined && contactId !== undefined) {
      const lead = await leads.findOrCreateWithin(scope, { contactId, source: undefined }, session);
      await conversations.setLead(scope, ref.id, lead._id, session);
    }
    return send.store(thread, session);
  });
