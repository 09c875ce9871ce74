import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';

export const ListSessionsQuery = z.strictObject(pageQuery);

export const SessionView = z
  .object({
    id: z.string(),
    isCurrent: z.boolean().meta({ description: 'Whether this request uses the session' }),
    userAgent: z.string(),
    network: z
      .string()
      .nullable()
      .meta({ description: 'Where the sign-in came from: an IPv4 address, or the /64 of an IPv6 address' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().meta({ description: 'When its tokens were last renewed' }),
    expiresAt: z.iso.datetime().meta({ description: 'When it ends, even if it is used' }),
  })
  .meta({
    id: 'Session',
    examples: [
      {
        id: '665f1c2ab7e4d3a9c8b01260',
        isCurrent: true,
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0',
        network: '203.0.113.7',
        createdAt: '2026-11-23T08:00:00.000Z',
        lastUsedAt: '2026-11-23T09:00:00.000Z',
        expiresAt: '2026-12-23T08:00:00.000Z',
      },
    ],
  });
export type SessionView = z.input<typeof SessionView>;

export const SessionPage = pageOf(SessionView, 'SessionPage');
