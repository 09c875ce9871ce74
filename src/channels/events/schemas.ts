import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';
import { reportSeverities } from '../../whatsapp/report-rules.ts';

export const ListChannelEventsQuery = z.strictObject({ ...pageQuery });

/** One value of an object of the provider. */
export const EventDetail = z
  .object({
    name: z.string().meta({ description: 'The path of the value in the event' }),
    value: z.string(),
  })
  .meta({ id: 'EventDetail' });

const eventFields = {
  id: z.string(),
  field: z.string().meta({ description: 'The webhook field of WhatsApp: `account_update`' }),
  word: z.string().nullable().meta({ description: 'The word of WhatsApp: `DISABLED_UPDATE`' }),
  severity: z
    .enum(reportSeverities)
    .meta({ id: 'ChannelEventSeverity', description: '`critical`: sending stops, or will stop' }),
  effectiveAt: z.iso.datetime().nullable().meta({
    description: 'When the event takes or loses effect, such as the date of a scheduled disabling',
  }),
  at: z.iso.datetime(),
};

const noticeExample = {
  id: '665f1c2ab7e4d3a9c8b01260',
  field: 'account_update',
  word: 'DISABLED_UPDATE',
  severity: 'critical',
  effectiveAt: '2026-11-30T00:00:00.000Z',
  at: '2026-11-23T08:40:00.000Z',
} as const;

/** An important event, on the channel itself. */
export const ChannelNotice = z.object(eventFields).meta({ id: 'ChannelNotice', examples: [noticeExample] });
export type ChannelNotice = z.input<typeof ChannelNotice>;

export const ChannelEventView = z
  .object({
    ...eventFields,
    details: z.array(EventDetail).meta({
      description: 'Every value of the event; a last value named `…` counts those that were left out',
    }),
    createdAt: z.iso.datetime().meta({ description: 'When the event was stored' }),
  })
  .meta({
    id: 'ChannelEvent',
    examples: [
      {
        ...noticeExample,
        details: [
          { name: 'event', value: 'DISABLED_UPDATE' },
          { name: 'ban_info.waba_ban_state', value: 'SCHEDULE_FOR_DISABLE' },
          { name: 'ban_info.waba_ban_date', value: 'November 30, 2026' },
        ],
        createdAt: '2026-11-23T08:40:01.000Z',
      },
    ],
  });
export type ChannelEventView = z.input<typeof ChannelEventView>;

export const ChannelEventPage = pageOf(ChannelEventView, 'ChannelEventPage');
