import { sharingOf } from '../sharing/sharing.ts';
import type { MacroView } from './schemas.ts';
import type { MacroDoc } from './use-cases.ts';

type Action = MacroDoc['actions'][number];

function toActionView(action: Action): MacroView['actions'][number] {
  switch (action.type) {
    case 'assign': {
      const { agentId } = action;
      return { type: action.type, agentId: agentId === null ? null : agentId.toString() };
    }
    case 'add-labels':
    case 'remove-labels':
      return { type: action.type, labels: action.labels.map((id) => id.toHexString()) };
    case 'snooze': {
      const { type, untilReply, preset, zone } = action;
      return {
        type,
        ...(untilReply === undefined ? {} : { untilReply }),
        ...(preset === undefined ? {} : { preset }),
        ...(zone === undefined ? {} : { zone }),
      };
    }
    case 'send-canned-reply': {
      const { type, cannedReplyId, values } = action;
      return { type, cannedReplyId: cannedReplyId.toHexString(), values: { ...values } };
    }
    case 'send-template': {
      const { type, templateName, language, variables } = action;
      return {
        ...{ type, templateName },
        ...(language === undefined ? {} : { language }),
        ...(variables === undefined ? {} : { variables: shownVariables(variables) }),
      };
    }
    case 'set-status':
      return { type: action.type, status: action.status };
    case 'note':
    case 'send-text':
      return { type: action.type, body: action.body };
    case 'take':
    case 'give-back':
      return { type: action.type };
  }
}

/** As they were given: the time of an offer is a text. */
const shownVariables = ({ offerExpiresAt, ...variables }: Variables) => ({
  ...variables,
  ...(offerExpiresAt === undefined ? {} : { offerExpiresAt: offerExpiresAt.toISOString() }),
});

type Variables = NonNullable<Extract<Action, { readonly type: 'send-template' }>['variables']>;

export const toMacroView = (macro: MacroDoc): MacroView => ({
  id: macro._id.toHexString(),
  name: macro.name,
  scope: sharingOf(macro),
  actions: macro.actions.map(toActionView),
  createdAt: macro.createdAt.toISOString(),
});
