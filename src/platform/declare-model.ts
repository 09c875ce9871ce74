import { Schema, type mongo, type SchemaDefinitionProperty, type Types } from 'mongoose';

/** The collections that belong to no client, and why. All others hold tenant data and cannot be read without a scope. */
export const platformCollections = {
  clients: 'The tenants themselves: the repository pins a document by its _id.',
  outbox_mails: 'A reset is asked for by somebody who is not known to be a user of anybody yet.',
  rate_limits: 'Attempts to sign in are counted before anybody is signed in.',
  webhook_events: 'Whose an event is, only its processing finds out.',
} as const;

type PlatformCollection = keyof typeof platformCollections;

/** Unknown fields throw; collections and indexes are made by migrations alone. */
const schemaOptions = {
  strict: 'throw',
  autoIndex: false,
  autoCreate: false,
  versionKey: false,
  minimize: false,
  id: false,
} as const;

/** What every document of a client has. */
export interface TenantDocument {
  readonly clientId: Types.ObjectId;
}

declare const documentOf: unique symbol;

/** A collection with its schema and the type of its documents. By itself it reads nothing: it has no connection. */
interface DeclaredModel<Doc> {
  readonly collection: string;
  readonly schema: Schema;
  /** Of the type alone: no object has it. */
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

/** Every field of the documents and no other; MongoDB makes `_id`. */
type Fields<Doc, Given extends PropertyKey> = {
  readonly [Field in Exclude<keyof Doc, Given>]-?: SchemaDefinitionProperty;
};

const clientId = { type: Schema.Types.ObjectId, required: true } as const;

/** Declares a collection of tenant data; the tenant itself is declared here. */
export const declareTenantModel = <Doc extends TenantDocument>(
  collection: string,
  fields: Fields<Doc, '_id' | 'clientId'>,
): TenantModel<Doc> => ({
  owner: 'client',
  collection,
  schema: new Schema({ clientId, ...fields }, { ...schemaOptions, collection }),
});

/** Declares a collection that belongs to no client: one of those that `platformCollections` gives a reason for. */
export const declarePlatformModel = <Doc extends mongo.Document>(
  collection: PlatformCollection,
  fields: Fields<Doc, '_id'>,
): PlatformModel<Doc> => ({
  owner: 'platform',
  collection,
  schema: new Schema({ ...fields }, { ...schemaOptions, collection }),
});
