import { z } from 'zod';
import { objectIdText } from '../../platform/fields.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { maxViewCount } from '../conversations/counts.ts';
import { ConversationStatus } from '../conversations/schemas.ts';
import { conversationSearchFields } from '../conversations/search-schemas.ts';

export const maxCounted = 20;

const name = LineText.max(60);

export const SavedViewScope = z.enum(['shared', 'own']).meta({
  id: 'SavedViewScope',
  description: '`shared`: all users see it, and admins change it. `own`: only its owner sees it',
});

const ConversationSearchInput = z.strictObject(conversationSearchFields).meta({
  id: 'ConversationSearchInput',
  description:
    'Exactly the filters of the list of conversations. In a shared view, `me` is whoever looks at it',
});

export const CreateSavedViewBody = z
  .strictObject({ name, scope: SavedViewScope.default('own'), filter: ConversationSearchInput })
  .meta({
    id: 'CreateSavedViewBody',
    examples: [{ name: 'My unread', filter: { assignedAgentId: 'me', unread: 'true' } }],
  });

export const PatchSavedViewBody = z
  .strictObject({ name: name.exactOptional(), filter: ConversationSearchInput.exactOptional() })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateSavedViewBody',
    examples: [{ name: 'My open ones', filter: { assignedAgentId: 'me', status: 'open' } }],
  });

export const ListSavedViewsQuery = z.strictObject(pageQuery);

export const CountSavedViewsQuery = z.strictObject({
  ids: z
    .preprocess(
      (value) => (typeof value === 'string' ? value.split(',') : value),
      z.array(objectIdText).min(1).max(maxCounted),
    )
    .optional()
    .meta({
      description: `Up to ${maxCounted} views, separated by commas; without them, the first ${maxCounted} of the list`,
    }),
});

export const ViewConversationsQuery = z.strictObject(pageQuery);

const flag = z.literal('true').optional();

const ConversationSearchView = z
  .object({
    status: z.array(ConversationStatus).optional(),
    channelId: z.string().optional(),
    since: z.iso.datetime().optional(),
    assignedAgentId: z.string().optional().meta({ description: 'The id of a user, `me` or `none`' }),
    teamId: z.string().optional(),
    leadId: z.string().optional(),
    contactId: z.string().optional(),
    unread: flag,
    waiting: flag,
    breached: flag,
    snoozed: flag,
    labelId: z.string().optional(),
    q: z.string().optional(),
  })
  .meta({
    id: 'ConversationSearch',
    description: 'The filters that it sets, as the list of conversations takes them',
  });

const ViewFault = z
  .object({
    path: z.string().meta({ description: 'Such as `filter.labelId`' }),
    id: z.string().meta({ description: 'What the filter names' }),
    message: z.string(),
  })
  .meta({ id: 'SavedViewFault' });

const viewExample = {
  ...{ id: '665f1f77bcf86cd799439081', name: 'My unread', scope: 'shared' },
  filter: { assignedAgentId: 'me', unread: 'true' },
  ...{ invalid: [], createdAt: '2026-11-23T09:00:00.000Z' },
} as const;

export const SavedViewView = z
  .object({
    id: z.string(),
    name: z.string(),
    scope: SavedViewScope,
    filter: ConversationSearchView,
    invalid: z.array(ViewFault).meta({
      description:
        'What the filter names and is gone, or a user who is disabled. The view still works: what is gone matches nothing',
    }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'SavedView', examples: [viewExample] });
export type SavedViewView = z.input<typeof SavedViewView>;

export const SavedViewPage = pageOf(SavedViewView, 'SavedViewPage');

export const SavedViewCounts = z
  .object({
    items: z.array(
      z
        .object({
          viewId: z.string(),
          count: z
            .int()
            .min(0)
            .max(maxViewCount)
            .nullable()
            .meta({ description: 'Null if counting would take too long: list the conversations instead' }),
        })
        .meta({ id: 'SavedViewCount' }),
    ),
  })
  .meta({
    id: 'SavedViewCounts',
    description:
      'In the order of the request. A view that does not exist, or is a colleague’s own, is left out',
    examples: [{ items: [{ viewId: viewExample.id, count: 4 }] }],
  });
