import { z } from 'zod';
import { pageOf, pageQuery } from '../../platform/pagination.ts';

export const ListSessionsQuery = z.strictObject(pageQuery);

export const SessionView = z
  .object({
    id: z.string().meta({ examples: ['665f1c2ab7e4d3a9c8b01234'] }),
    isCurrent: z.boolean().meta({ description: 'Whether this request was made with it' }),
    userAgent: z.string().meta({ examples: ['Mozilla/5.0 (X11; Linux x86_64) Firefox/144.0'] }),
    network: z
      .string()
      .nullable()
      .meta({
        description: 'Where the sign-in came from: an IPv4 address, or the /64 of an IPv6 one',
        examples: ['203.0.113.7', '2001:db8:1:2::/64'],
      }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().meta({ description: 'When its tokens were renewed last' }),
    expiresAt: z.iso.datetime().meta({ description: 'When it ends however much it is used' }),
  })
  .meta({ id: 'Session' });
export type SessionView = z.input<typeof SessionView>;

export const SessionPage = pageOf(SessionView);
