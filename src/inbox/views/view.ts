import { sharingOf } from '../sharing/sharing.ts';
import type { SavedViewView } from './schemas.ts';
import type { SavedViewDoc, WithFaults } from './use-cases.ts';

type Filter = SavedViewDoc['filter'];

const shownFilter = ({ since, ...filter }: Filter): SavedViewView['filter'] => ({
  ...(filter.status === undefined ? {} : { status: filter.status }),
  ...(filter.channelId === undefined ? {} : { channelId: filter.channelId.toHexString() }),
  ...(since === undefined ? {} : { since: since.toISOString() }),
  ...(filter.assignedAgentId === undefined ? {} : { assignedAgentId: filter.assignedAgentId.toString() }),
  ...(filter.teamId === undefined ? {} : { teamId: filter.teamId.toHexString() }),
  ...(filter.leadId === undefined ? {} : { leadId: filter.leadId.toHexString() }),
  ...(filter.contactId === undefined ? {} : { contactId: filter.contactId.toHexString() }),
  ...(filter.unread === undefined ? {} : { unread: filter.unread }),
  ...(filter.waiting === undefined ? {} : { waiting: filter.waiting }),
  ...(filter.breached === undefined ? {} : { breached: filter.breached }),
  ...(filter.snoozed === undefined ? {} : { snoozed: filter.snoozed }),
  ...(filter.labelId === undefined ? {} : { labelId: filter.labelId.toHexString() }),
  ...(filter.q === undefined ? {} : { q: filter.q }),
});

export const toSavedViewView = ({ view, faults }: WithFaults): SavedViewView => ({
  id: view._id.toHexString(),
  name: view.name,
  scope: sharingOf(view),
  filter: shownFilter(view.filter),
  invalid: faults.map(({ field, id, message }) => ({
    path: `filter.${field}`,
    id: id.toHexString(),
    message,
  })),
  createdAt: view.createdAt.toISOString(),
});
