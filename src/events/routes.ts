import { route } from '../http/route.ts';
import type { EventTable, PassingEventTable } from './declare.ts';
import { EventTicketView, liveEventSchemaOf, StreamEventsQuery } from './schemas.ts';
import type { EventStreams } from './stream/streams.ts';
import type { EventTickets } from './tickets/tickets.ts';

interface EventRouteDeps {
  readonly eventTable: EventTable;
  readonly passingTable: PassingEventTable;
  readonly streams: Pick<EventStreams, 'admit'>;
  readonly tickets: Pick<EventTickets, 'issue'>;
}

const tag = 'Live events';
const access = ['admin', 'agent'] as const;

export const eventRoutes = ({ eventTable, passingTable, streams, tickets }: EventRouteDeps) => [
  route({
    method: 'get',
    path: '/api/events',
    operationId: 'streamEvents',
    summary: 'Stream live events',
    description:
      'Server-sent events of the business, as they happen and in one order. Each has its `seq` as id: with ' +
      '`Last-Event-ID` a stream begins after that event, so nothing is missed or sent twice. Without it, it begins now. ' +
      'These frames are no events: `ready` (the place where the stream begins), `reset` (some events are no longer ' +
      'kept: load again what you show), `expired` (the access token is over: connect again with a new one), and ' +
      '`ping` (after 15 seconds of silence). Events about a moment, such as `conversation.typing`, have neither id nor ' +
      '`seq`, and are never sent again. Agents receive only what they may see. A user may have 10 streams at each API process.',
    tag,
    access,
    acceptsTicket: true,
    query: StreamEventsQuery,
    stream: liveEventSchemaOf(eventTable, passingTable),
    replies: { 200: null },
    problems: ['too-many-streams'],
    async handle({ actor, query, request }) {
      const lastEventId = request.header('last-event-id') ?? query.lastEventId;
      return { status: 200, stream: streams.admit(actor, lastEventId) };
    },
  }),
  route({
    method: 'post',
    path: '/api/events/ticket',
    operationId: 'createEventTicket',
    summary: 'Create a ticket for a stream of live events',
    description:
      'For browsers: `EventSource` cannot send an access token. The ticket opens one stream, within 30 seconds, for the ' +
      'caller. The stream ends when the access token of this request does.',
    tag,
    access,
    replies: { 200: EventTicketView },
    async handle({ actor }) {
      const { ticket, expiresAt } = await tickets.issue(actor);
      return { status: 200, body: { ticket, expiresAt: expiresAt.toISOString() } };
    },
  }),
];
