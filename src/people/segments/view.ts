import { toContactListItemView } from '../contacts/view.ts';
import type { SegmentPreviewView, SegmentView } from './schemas.ts';
import type { SegmentPreview, WithFaults } from './use-cases.ts';

export const toSegmentView = ({ segment, faults }: WithFaults): SegmentView => ({
  id: segment._id.toHexString(),
  name: segment.name,
  filter: segment.filter as SegmentView['filter'],
  invalid: faults.map(({ path, message }) => ({ path, message })),
  createdAt: segment.createdAt.toISOString(),
  updatedAt: segment.updatedAt.toISOString(),
});

export const toSegmentPreviewView = ({
  summary: { count, optedOut, blocked, noAddress, suspect },
  isExact,
  sample,
  shown,
  notes,
  tookMs,
}: SegmentPreview): SegmentPreviewView => ({
  ...{ count, isExact, excluded: { optedOut, blocked, noAddress, suspect } },
  sample: sample.map((contact) => toContactListItemView(contact, shown)),
  notes: notes.map(({ path, field, message }) => ({ path: ['filter', ...path].join('.'), field, message })),
  tookMs,
});
