import type { Connection, Types } from 'mongoose';
import { clientModel } from '../../src/identity/clients/model.ts';
import { userModel, type UserDoc } from '../../src/identity/users/model.ts';
import { declarePlatformModel, declareTenantModel } from '../../src/platform/declare-model.ts';
import type { ClientScope } from '../../src/platform/mongo.ts';
import { openPlatformCollection } from '../../src/platform/platform-collection.ts';
import { openTenantCollection } from '../../src/platform/tenant-collection.ts';

declare const connection: Connection;
declare const scope: ClientScope;
declare const clientId: Types.ObjectId;
declare const user: UserDoc;

const users = openTenantCollection(userModel, connection);

/** What compiles. A line below that compiles as well fails the check: its error is expected. */
export const good = [
  users.find(scope, { role: 'admin', $or: [{ status: 'active' }, { 'name.first': 'Ada' }] }),
  users.findOne(scope, { _id: user._id, passwordHash: null }),
  users.insertOne(scope, user),
  users.replaceVersioned(scope, user, user),
  users.acrossClients.findOne({ email: user.email }),
  openPlatformCollection(clientModel, connection).findOne({ _id: clientId }),
];

export const withoutScope = [
  // @ts-expect-error a query takes the scope first
  users.find({ role: 'admin' }),
  // @ts-expect-error so does one of a single document
  users.findOne({ _id: user._id }),
  // @ts-expect-error so does a count
  users.count({}),
  // @ts-expect-error so does an aggregation
  users.aggregate([{ $match: { role: 'admin' } }]),
  // @ts-expect-error so does an update
  users.updateOne({ _id: user._id }, { $set: { name: 'Ada' } }),
  // @ts-expect-error so does a document that is inserted
  users.insertOne(user),
  // @ts-expect-error so does a replacement
  users.replaceVersioned(user, user),
  // @ts-expect-error so does a deletion
  users.deleteMany({}),
  // @ts-expect-error so do writes that come together
  users.createBulkWriter()([{ insertOne: { document: user } }]),
  // @ts-expect-error an id is no scope
  users.find(clientId, {}),
];

export const withAnotherOwner = [
  // @ts-expect-error whose it is, the scope says alone
  users.find(scope, { clientId }),
  // @ts-expect-error also in an alternative
  users.find(scope, { $or: [{ clientId }] }),
  // @ts-expect-error also with an operator
  users.count(scope, { clientId: { $ne: clientId } }),
  // @ts-expect-error no update moves a document to another client
  users.updateOne(scope, { _id: user._id }, { $set: { clientId } }),
  // @ts-expect-error nor does one that the server computes
  users.updateOne(scope, { _id: user._id }, [{ $set: { clientId } }]),
  // @ts-expect-error nor the making of one
  users.upsertOne(scope, { _id: user._id }, { $setOnInsert: { clientId } }),
  // @ts-expect-error nor a write among others
  users.createBulkWriter()(scope, [{ updateOne: { filter: { clientId }, update: {} } }]),
  // @ts-expect-error an aggregation reads no other collection
  users.aggregate(scope, {}, [{ $lookup: { from: 'messages', as: 'messages' } }]),
  // @ts-expect-error and writes none
  users.aggregate(scope, {}, [{ $out: 'users' }]),
];

export const aroundTheWrapper = [
  // @ts-expect-error the driver's collection is private
  users.raw,
  // @ts-expect-error a model reads nothing
  userModel.find({}),
  // @ts-expect-error nor can it be called for something that does
  userModel(connection),
  // @ts-expect-error the platform's way in opens no tenant data
  openPlatformCollection(userModel, connection),
  // @ts-expect-error crossing clients inserts nothing
  users.acrossClients.insertOne(user),
];

export const wrongWords = [
  // @ts-expect-error a field that the documents do not have
  users.find(scope, { rol: 'admin' }),
  // @ts-expect-error a value that the field never has
  users.find(scope, { role: 'owner' }),
  // @ts-expect-error a field that may not be undefined, which would be sent as null
  users.find(scope, { passwordHash: undefined }),
  // @ts-expect-error null for a field that is always there
  users.find(scope, { email: null }),
  // @ts-expect-error a collection that is not in the list of the platform's
  declarePlatformModel<{ readonly name: string }>('users', { name: String }),
  // @ts-expect-error documents without an owner
  declareTenantModel<{ readonly name: string }>('words', { name: String }),
  // @ts-expect-error a schema that lacks a field of the documents
  declareTenantModel<UserDoc>('users', { name: String }),
];
