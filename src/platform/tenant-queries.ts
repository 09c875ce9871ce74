import type { mongo } from 'mongoose';

/** A document as its owner writes it: the scope says whose it is. */
export type Unscoped<Doc> = Omit<Doc, 'clientId'>;

/** A value or an operator; null also finds documents in which a field is missing that may be. */
type Wanted<Value> = mongo.Condition<Exclude<Value, undefined>> | (undefined extends Value ? null : never);

/** A field that the documents do not have does not compile. Paths into a field are not checked. */
type Conditions<Doc> = {
  readonly [Field in keyof Doc]?: Wanted<Doc[Field]>;
} & {
  readonly _id?: mongo.Condition<mongo.InferIdType<Doc>>;
  readonly [path: `${string}.${string}`]: unknown;
};

/** What is looked for within a client; whose it is, the scope says alone. */
export type ScopedFilter<Doc> = Conditions<Unscoped<Doc>> & {
  readonly $or?: readonly ScopedFilter<Doc>[];
  readonly clientId?: never;
};

/** What is looked for over all clients. */
export type CrossingFilter<Doc> = Conditions<Doc> & { readonly $or?: readonly CrossingFilter<Doc>[] };

interface KeepsOwner {
  readonly clientId?: never;
}

/** A change within a client: no document moves from one to another. */
export type ScopedUpdate<Doc> = mongo.UpdateFilter<Doc> & {
  readonly $set?: KeepsOwner;
  readonly $setOnInsert?: KeepsOwner;
  readonly $unset?: KeepsOwner;
  readonly $rename?: KeepsOwner;
  /** A list is one of stages. */
  readonly length?: never;
};

/** A stage of a change that the server computes. */
export type ScopedUpdateStage = mongo.Document & {
  readonly $set?: mongo.Document & KeepsOwner;
  readonly $addFields?: mongo.Document & KeepsOwner;
  readonly $project?: never;
  readonly $replaceRoot?: never;
  readonly $replaceWith?: never;
};

/** A stage after the scope: none that reads or writes another collection, or holds stages of its own. */
export type ScopedStage = mongo.Document & {
  readonly $lookup?: never;
  readonly $graphLookup?: never;
  readonly $unionWith?: never;
  readonly $facet?: never;
  readonly $out?: never;
  readonly $merge?: never;
};

/** Writes about one document, which belong together. */
export type ScopedOperation<Doc> =
  | { readonly insertOne: { readonly document: Unscoped<Doc> } }
  | { readonly updateOne: { readonly filter: ScopedFilter<Doc>; readonly update: ScopedUpdate<Doc> } };
