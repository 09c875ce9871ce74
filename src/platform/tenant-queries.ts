import type { mongo } from 'mongoose';

/** A document without its client, which the scope adds. */
export type Unscoped<Doc> = Omit<Doc, 'clientId'>;

/** A value or an operator; for optional fields also null, which matches documents without the field. */
type FieldCondition<Value> =
  | mongo.Condition<Exclude<Value, undefined>>
  | (undefined extends Value ? null : never);

/** Unknown fields do not compile. Paths into a field are not checked. */
type Conditions<Doc> = {
  readonly [Field in keyof Doc]?: FieldCondition<Doc[Field]>;
} & {
  readonly _id?: mongo.Condition<mongo.InferIdType<Doc>>;
  readonly [path: `${string}.${string}`]: unknown;
};

/** A filter within a client; only the scope may set `clientId`. */
export type ScopedFilter<Doc> = Conditions<Unscoped<Doc>> & {
  readonly $or?: readonly ScopedFilter<Doc>[];
  readonly clientId?: never;
};

/** A filter over all clients. */
export type CrossingFilter<Doc> = Conditions<Doc> & { readonly $or?: readonly CrossingFilter<Doc>[] };

interface KeepsOwner {
  readonly clientId?: never;
}

/** An update within a client: it cannot move a document to another client. */
export type ScopedUpdate<Doc> = mongo.UpdateFilter<Doc> & {
  readonly $set?: KeepsOwner;
  readonly $setOnInsert?: KeepsOwner;
  readonly $unset?: KeepsOwner;
  readonly $rename?: KeepsOwner;
  /** Excludes arrays: those are stages. */
  readonly length?: never;
};

/** A stage of an update pipeline. */
export type ScopedUpdateStage = mongo.Document & {
  readonly $set?: mongo.Document & KeepsOwner;
  readonly $addFields?: mongo.Document & KeepsOwner;
  readonly $project?: never;
  readonly $replaceRoot?: never;
  readonly $replaceWith?: never;
};

/** An update of one document. */
export interface ScopedUpdateOne<Doc> {
  readonly filter: ScopedFilter<Doc>;
  readonly update: ScopedUpdate<Doc> | ScopedUpdateStage[];
}

/** A stage after the scope: it may not access another collection or contain stages of its own. */
export type ScopedStage = mongo.Document & {
  readonly $lookup?: never;
  readonly $graphLookup?: never;
  readonly $unionWith?: never;
  readonly $facet?: never;
  readonly $out?: never;
  readonly $merge?: never;
};

/** One operation of a bulk write. */
export type ScopedOperation<Doc> =
  | { readonly insertOne: { readonly document: Unscoped<Doc> } }
  | { readonly updateOne: { readonly filter: ScopedFilter<Doc>; readonly update: ScopedUpdate<Doc> } };
