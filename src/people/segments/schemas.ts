import { z } from 'zod';
import { ContactListItemView } from '../contacts/schemas.ts';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { LineText, notEmpty } from '../../platform/text-fields.ts';
import { cappedCount, sampleSize } from './preview.ts';
import { isFilter, maxConditions, maxDepth, maxListed, notFilter } from './read.ts';

const name = LineText.max(60);

const filterExample = {
  all: [
    { field: 'country', op: 'in', value: ['BR', 'PT'] },
    { field: 'optInStatus', op: 'eq', value: 'opted-in' },
    { not: { field: 'lastInboundAt', op: 'within', value: 30 } },
  ],
};

/** Its shape alone: its fields depend on the client (`read.ts`), and generators of clients fail on recursion. */
const SegmentFilter = z.custom<Readonly<Record<string, unknown>>>(isFilter, { error: notFilter }).meta({
  id: 'SegmentFilter',
  type: 'object',
  additionalProperties: {},
  description:
    '`{all: […]}`, `{any: […]}`, `{not: …}` or a condition `{field, op, value}`; ' +
    `up to ${maxDepth} groups deep, with up to ${maxConditions} conditions and ${maxListed} listed values. ` +
    'Texts (`name`, `username`, `phoneNumber`, `customFields.<key>`): `eq`, `ne`, `contains` (at the beginning), `in`, ' +
    '`exists`. Choices (`country`, `zone`, `optInStatus`, `lead.stage`, `lead.assignedAgentId`, custom selects): `eq`, ' +
    '`ne`, `in`, `exists`. Custom numbers: `eq`, `lt`, `lte`, `gt`, `gte`, `between`, `exists`. Dates (`createdAt`, ' +
    '`lastInboundAt`, `lastOutboundAt`, custom dates and times): the same with days (`2026-11-23`) of the time zone of ' +
    'the business, or times, and `within` the last so many days, today included. `tags` and ' +
    '`groups`: `has` (any of them), `has-all` and `has-none` with a list of ids. `marketingStopped`, `isBlocked`, `numberSuspect`, `isWindowOpen`: `eq`; custom booleans: `eq`, `exists`. ' +
    'Archived custom fields are found by, too. `ne` and `not` also match contacts without ' +
    'the field',
  examples: [filterExample],
});

export const CreateSegmentBody = z
  .strictObject({ name, filter: SegmentFilter })
  .meta({ id: 'CreateSegmentBody', examples: [{ name: 'Quiet customers', filter: filterExample }] });

export const PatchSegmentBody = z
  .strictObject({ name: name.exactOptional(), filter: SegmentFilter.exactOptional() })
  .refine(...notEmpty)
  .meta({ id: 'UpdateSegmentBody', examples: [{ name: 'Silent customers' }] });

export const PreviewSegmentBody = z
  .strictObject({ filter: SegmentFilter })
  .meta({ id: 'PreviewSegmentBody', examples: [{ filter: filterExample }] });

export const ListSegmentsQuery = z.strictObject(pageQuery);

const SegmentFault = z
  .object({ path: z.string().meta({ description: 'Such as `filter.all.0.field`' }), message: z.string() })
  .meta({ id: 'SegmentFault' });

export const SegmentView = z
  .object({
    id: z.string(),
    name: z.string(),
    filter: SegmentFilter,
    invalid: z.array(SegmentFault).meta({
      description: 'What the filter names and is gone. Such a segment cannot be used until it is changed',
    }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: 'Segment',
    examples: [
      {
        ...{ id: '665f1f77bcf86cd7994390a1', name: 'Quiet customers', filter: filterExample, invalid: [] },
        ...{ createdAt: '2026-11-23T09:00:00.000Z', updatedAt: '2026-11-23T09:00:00.000Z' },
      },
    ],
  });
export type SegmentView = z.input<typeof SegmentView>;

export const SegmentPage = pageOf(SegmentView, 'SegmentPage');

const total = z.int().min(0);

const SegmentExclusions = z
  .object({ optedOut: total, blocked: total, noAddress: total, suspect: total })
  .meta({
    id: 'SegmentExclusions',
    description: 'How many of the counted contacts cannot be reached or may not be; one can be in several',
  });

const SegmentNoteView = z
  .object({
    path: z.string().meta({ description: 'Such as `filter.not.all.0`' }),
    field: z.string(),
    message: z.string(),
  })
  .meta({ id: 'SegmentNote' });

export const SegmentPreviewView = z
  .object({
    count: total,
    isExact: z.boolean().meta({
      description: `False if counting all would take too long: then \`count\` is a part, ${cappedCount} where contacts alone decide`,
    }),
    excluded: SegmentExclusions,
    sample: z.array(ContactListItemView).meta({ description: `The newest ${sampleSize}` }),
    notes: z.array(SegmentNoteView).meta({ description: 'What the filter also finds, or cannot tell' }),
    tookMs: total,
  })
  .meta({
    id: 'SegmentPreview',
    examples: [
      {
        ...{ count: 1_234, isExact: true, excluded: { optedOut: 12, blocked: 0, noAddress: 3, suspect: 5 } },
        ...{ sample: [], notes: [], tookMs: 46 },
      },
    ],
  });
export type SegmentPreviewView = z.input<typeof SegmentPreviewView>;
