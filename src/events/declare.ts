import type { Types } from 'mongoose';
import type { z } from 'zod';

/** Everyone of the business, or its admins only. */
export type RoleAudience = 'everyone' | 'admins';

/** Who may see an event; `userId` is one user of the client. */
export type Audience = RoleAudience | { readonly userId: Types.ObjectId };

/**
 * A kind of fact that clients are told. Each area declares its own in its `events.ts`, `src/app/events.ts` combines
 * them, and the OpenAPI document describes each as a component.
 */
export interface EventDefinition {
  /** What has happened, as a sentence without a full stop: `A lead was changed`. */
  readonly summary: string;
  /** The type of the object that `entity.id` names. */
  readonly entity: string;
  readonly audience: RoleAudience;
  /** What the event tells beside the id: ids, states and times, never a secret or a long text. Give it an id and examples. */
  readonly view: z.ZodObject;
}

/** Declares the events of an area; keeps their types. */
export const defineEvents = <const Table extends Readonly<Record<string, EventDefinition>>>(
  table: Table,
): Table => table;

/** Each area extends this by its own table, so that an undeclared type does not compile. */
// oxlint-disable-next-line typescript/no-empty-object-type -- the areas fill it
export interface EventTypes {}

export type EventType = keyof EventTypes;

export type EventTable = Readonly<Record<EventType, EventDefinition>>;

/**
 * A kind of event about a moment, such as typing. It is told to everyone of the business who listens just then, but to the
 * one who caused it. It is kept nowhere, so it has no number, no version, and is never sent again.
 */
export type PassingEventDefinition = Pick<EventDefinition, 'summary' | 'entity' | 'view'>;

/** Declares the passing events of an area; keeps their types. */
export const definePassingEvents = <const Table extends Readonly<Record<string, PassingEventDefinition>>>(
  table: Table,
): Table => table;

/** Each area extends this by its own table. */
// oxlint-disable-next-line typescript/no-empty-object-type -- the areas fill it
export interface PassingEventTypes {}

export type PassingEventTable = Readonly<Record<keyof PassingEventTypes, PassingEventDefinition>>;

/** A passing event to tell, of any declared type. */
export type NewPassingEvent = {
  [Type in keyof PassingEventTypes]: {
    readonly type: Type;
    readonly entity: { readonly type: PassingEventTypes[Type]['entity']; readonly id: Types.ObjectId };
    readonly view: z.input<PassingEventTypes[Type]['view']>;
  };
}[keyof PassingEventTypes];

interface Fact<Type extends EventType, Entity extends string, View> {
  readonly type: Type;
  readonly entity: { readonly type: Entity; readonly id: Types.ObjectId };
  /** Rises with every change of the object: its `version` after the change. */
  readonly version: number;
  /** As declared by default. */
  readonly audience?: Audience;
  readonly view: View;
}

/** A fact to record, of any declared type. */
export type NewEvent = {
  [Type in EventType]: Fact<Type, EventTypes[Type]['entity'], z.input<EventTypes[Type]['view']>>;
}[EventType];
