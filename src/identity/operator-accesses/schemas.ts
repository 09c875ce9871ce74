import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';

export const ListOperatorAccessesQuery = z.strictObject(pageQuery);

const OperatorRef = z.object({ id: z.string(), name: z.string() }).meta({
  id: 'OperatorRef',
  description: 'Platform staff; not a user of the business',
  examples: [{ id: '665f1c2ab7e4d3a9c8b01199', name: 'Kim Night' }],
});

const fields = {
  id: z.string(),
  operator: OperatorRef,
  reason: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso
    .datetime()
    .meta({ description: 'When it ends by itself, at most an hour after its start' }),
  endedAt: z.iso.datetime().nullable().meta({ description: 'When an admin ended it before that' }),
};

const example = {
  id: '665f1c2ab7e4d3a9c8b01260',
  operator: { id: '665f1c2ab7e4d3a9c8b01199', name: 'Kim Night' },
  reason: 'alert ChannelPaused, ticket 4711',
  createdAt: '2026-11-23T02:10:00.000Z',
  expiresAt: '2026-11-23T02:25:00.000Z',
  endedAt: null,
};

export const OperatorAccessView = z.object(fields).meta({ id: 'OperatorAccess', examples: [example] });
export type OperatorAccessView = z.input<typeof OperatorAccessView>;

export const OperatorAccessPage = pageOf(OperatorAccessView, 'OperatorAccessPage');

export const OperatorAccessDetailView = z
  .object({
    ...fields,
    requests: z
      .array(
        z.object({
          at: z.iso.datetime(),
          method: z.string(),
          route: z.string(),
          ids: z.record(z.string(), z.string()).meta({ description: 'The ids in the path' }),
        }),
      )
      .meta({ description: 'What the operator has requested, reads too, newest first; at most 100' }),
  })
  .meta({
    id: 'OperatorAccessDetail',
    examples: [
      {
        ...example,
        requests: [
          {
            at: '2026-11-23T02:11:00.000Z',
            method: 'POST',
            route: '/api/channels/:id/resume',
            ids: { id: '665f1c2ab7e4d3a9c8b01201' },
          },
        ],
      },
    ],
  });
export type OperatorAccessDetailView = z.input<typeof OperatorAccessDetailView>;
