import type { Types } from 'mongoose';
import type { UserDirectory } from '../../identity/users/directory.ts';
import { AppError, type Issue } from '../../platform/errors.ts';
import type { ClientScope } from '../../platform/mongo.ts';
import type { CannedReplyUseCases } from '../canned-replies/use-cases.ts';
import type { SharingUser } from '../sharing/sharing.ts';
import { mentionsOf } from '../notes/mentions.ts';
import type { MacroAction } from './repository.ts';

export interface ReferenceDeps {
  readonly users: Pick<UserDirectory, 'statusesOf'>;
  readonly findLabels: (
    scope: ClientScope,
    ids: readonly Types.ObjectId[],
  ) => Promise<readonly Types.ObjectId[]>;
  readonly replies: Pick<CannedReplyUseCases, 'get'>;
}

/** Something that an action names, and where. */
interface Reference {
  readonly kind: 'user' | 'label' | 'reply';
  readonly id: Types.ObjectId;
  readonly path: string;
}

function referencesOf(action: MacroAction, path: string): readonly Reference[] {
  switch (action.type) {
    case 'assign':
      if (action.agentId === null || action.agentId === 'auto') return [];
      return [{ kind: 'user', id: action.agentId, path: `${path}.agentId` }];
    case 'add-labels':
    case 'remove-labels':
      return action.labels.map((id, index) => ({ kind: 'label', id, path: `${path}.labels.${index}` }));
    case 'note':
      return mentionsOf(action.body).map((id) => ({ kind: 'user', id, path: `${path}.body` }));
    case 'send-canned-reply':
      return [{ kind: 'reply', id: action.cannedReplyId, path: `${path}.cannedReplyId` }];
    default:
      return [];
  }
}

interface Saving {
  readonly who: SharingUser;
  readonly isShared: boolean;
}

export type AssertReferences = ReturnType<typeof createAssertReferences>;

/** Throws `not-found` or `invalid-input` with everything that the actions name in vain when the macro is saved. */
export const createAssertReferences =
  (deps: ReferenceDeps) =>
  async (scope: ClientScope, actions: readonly MacroAction[], saving: Saving): Promise<void> => {
    const all = actions.flatMap((action, index) => referencesOf(action, `body.actions.${index}`));
    const idsOf = (kind: Reference['kind']) => all.filter((one) => one.kind === kind).map(({ id }) => id);
    const [statuses, labels, replies] = await Promise.all([
      deps.users.statusesOf(scope, idsOf('user')),
      deps.findLabels(scope, idsOf('label')),
      statesOfReplies(deps, scope, idsOf('reply'), saving),
    ]);
    const states = new Map<string, Issue['message'] | null>([
      ...[...statuses].map(([id, status]) => [`user:${id}`, status === 'active' ? null : inactive] as const),
      ...labels.map((id) => [`label:${id.toHexString()}`, null] as const),
      ...replies,
    ]);
    const errors = all.flatMap(({ kind, id, path }): Issue[] => {
      const state = states.get(`${kind}:${id.toHexString()}`);
      if (state === null) return [];
      return [{ path, message: state ?? `There is no such ${nouns[kind]}.` }];
    });
    if (errors.length === 0) return;
    const isGone = all.some(({ kind, id }) => !states.has(`${kind}:${id.toHexString()}`));
    throw new AppError(isGone ? 'not-found' : 'invalid-input', 'An action names what it cannot use.', {
      errors,
    });
  };

const inactive = 'The user is not active.';
const nouns = { user: 'user', label: 'label', reply: 'canned reply' } as const;

/** Those that the user sees. Everybody who runs a shared macro must see its reply. */
async function statesOfReplies(
  { replies }: ReferenceDeps,
  scope: ClientScope,
  ids: readonly Types.ObjectId[],
  { who, isShared }: Saving,
): Promise<readonly (readonly [string, string | null])[]> {
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        const { ownerId } = await replies.get(scope, who, id);
        const message = isShared && ownerId !== null ? 'A shared macro needs a shared canned reply.' : null;
        return [[`reply:${id.toHexString()}`, message] as const];
      } catch (error) {
        if (error instanceof AppError && error.code === 'not-found') return [];
        throw error;
      }
    }),
  );
  return found.flat();
}
