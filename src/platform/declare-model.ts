import { Schema, type mongo, type SchemaDefinitionProperty, type Types } from 'mongoose';

/** The collections that belong to no client, with reasons. All others hold tenant data and need a scope. */
export const platformCollections = {
  clients: 'The tenants themselves: the repository selects each by its _id.',
  leases: 'A loop works for all clients.',
  outbox_mails: 'A password reset is requested before the caller is known to be a user.',
  rate_limits: 'Sign-in attempts are counted before sign-in.',
  unknown_webhook_words: 'Names of the provider that no client chose.',
  webhook_events: 'The client of an event is known only once it is processed.',
} as const;

type PlatformCollection = keyof typeof platformCollections;

/** Unknown fields throw. Only migrations create collections and indexes. */
const schemaOptions = {
  strict: 'throw',
  autoIndex: false,
  autoCreate: false,
  versionKey: false,
  minimize: false,
  id: false,
} as const;

/** The field that every document of a client has. */
export interface TenantDocument {
  readonly clientId: Types.ObjectId;
}

declare const documentOf: unique symbol;

/** A collection with its schema and the type of its documents, without a connection. */
interface DeclaredModel<Doc> {
  readonly collection: string;
  readonly schema: Schema;
  /** Exists in the type only. */
  readonly [documentOf]?: Doc;
}

/** A model whose every document belongs to one client; `openTenantCollection` opens it. */
export interface TenantModel<Doc extends TenantDocument> extends DeclaredModel<Doc> {
  readonly owner: 'client';
}

/** A model whose documents belong to no client; `openPlatformCollection` opens it. */
export interface PlatformModel<Doc extends mongo.Document> extends DeclaredModel<Doc> {
  readonly owner: 'platform';
}

/** Exactly the fields of the documents, without those that are given. */
type Fields<Doc, Given extends PropertyKey> = {
  readonly [Field in Exclude<keyof Doc, Given>]-?: SchemaDefinitionProperty;
};

const clientId = { type: Schema.Types.ObjectId, required: true } as const;

/** Declares a collection of tenant data; adds `clientId`. */
export const declareTenantModel = <Doc extends TenantDocument>(
  collection: string,
  fields: Fields<Doc, '_id' | 'clientId'>,
): TenantModel<Doc> => ({
  owner: 'client',
  collection,
  schema: new Schema({ clientId, ...fields }, { ...schemaOptions, collection }),
});

/** Declares a collection that belongs to no client; `platformCollections` must give its reason. */
export const declarePlatformModel = <Doc extends mongo.Document>(
  collection: PlatformCollection,
  fields: Fields<Doc, '_id'>,
): PlatformModel<Doc> => ({
  owner: 'platform',
  collection,
  schema: new Schema({ ...fields }, { ...schemaOptions, collection }),
});
