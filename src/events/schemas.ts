import { z } from 'zod';
import type { EventDefinition, EventTable, PassingEventDefinition, PassingEventTable } from './declare.ts';

export const StreamEventsQuery = z.strictObject({
  ticket: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'From `POST /api/events/ticket`, in place of the `Authorization` header' }),
  lastEventId: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'As the header `Last-Event-ID`, for a client that opens a new `EventSource`' }),
});

export const EventTicketView = z
  .object({
    ticket: z.string().meta({ description: 'Opens one stream: `GET /api/events?ticket=…`' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({
    id: 'EventTicket',
    examples: [
      {
        ticket: '665f1c2ab7e4d3a9c8b01220.N2q1N2q1N2q1N2q1N2q1N2q1N2q1N2q1N2q1N2q1N2q',
        expiresAt: '2026-11-29T08:00:30.000Z',
      },
    ],
  });

/** `lead.created` as a part of the name of a component: `LeadCreated`. */
const pascal = (name: string): string =>
  name
    .split(/[.-]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');

function exampleOf(schema: z.ZodType): unknown {
  const examples: unknown = schema.meta()?.['examples'];
  if (!Array.isArray(examples)) throw new Error('The view of an event has no example.');
  return (examples as readonly unknown[])[0];
}

const eventSchemaOf = (type: string, { summary, entity, view }: EventDefinition, reference: z.ZodObject) =>
  z
    .object({
      id: z.string(),
      seq: z.int().meta({ description: 'The place among the events of the business, without a gap' }),
      type: z.literal(type),
      at: z.iso.datetime().meta({ description: 'When it happened' }),
      entity: reference,
      version: z.int().meta({ description: 'Rises with each event of the object' }),
      view,
    })
    .meta({
      id: `${pascal(type)}Event`,
      description: `${summary}.`,
      examples: [
        {
          ...{ id: '665f1c2ab7e4d3a9c8b01299', seq: 42, type, at: '2026-11-29T08:00:00.000Z' },
          ...{ entity: { type: entity, id: '665f1c2ab7e4d3a9c8b01230' }, version: 3 },
          view: exampleOf(view),
        },
      ],
    });

const passingSchemaOf = (
  type: string,
  { summary, entity, view }: PassingEventDefinition,
  reference: z.ZodObject,
) =>
  z
    .object({
      type: z.literal(type),
      at: z.iso.datetime().meta({ description: 'When it happened' }),
      entity: reference,
      view,
    })
    .meta({
      id: `${pascal(type)}Event`,
      description: `${summary}. It has no number and is never sent again.`,
      examples: [
        {
          ...{ type, at: '2026-11-29T08:00:00.000Z' },
          entity: { type: entity, id: '665f1c2ab7e4d3a9c8b01230' },
          view: exampleOf(view),
        },
      ],
    });

/** Every live event, told apart by its `type`. */
export function liveEventSchemaOf(table: EventTable, passing: PassingEventTable) {
  const references = new Map<string, z.ZodObject>();
  const referenceTo = (entity: string): z.ZodObject => {
    const known = references.get(entity);
    if (known !== undefined) return known;
    const fresh = z
      .object({ type: z.literal(entity), id: z.string() })
      .meta({ id: `${pascal(entity)}Reference`, description: 'The object that the event is about' });
    references.set(entity, fresh);
    return fresh;
  };
  const [first, ...others] = Object.entries<EventDefinition>(table).map(([type, definition]) =>
    eventSchemaOf(type, definition, referenceTo(definition.entity)),
  );
  const passed = Object.entries<PassingEventDefinition>(passing).map(([type, definition]) =>
    passingSchemaOf(type, definition, referenceTo(definition.entity)),
  );
  if (first === undefined) throw new Error('No area declares an event.');
  return z
    .discriminatedUnion('type', [first, ...others, ...passed])
    .meta({ id: 'LiveEvent', examples: [exampleOf(first)] });
}
