// Makes MongoDB ready for the product: the replica set, an administrator, and a user who can read and write only the
// product's database. Run it with mongosh on the server's own host, where MongoDB lets in whoever comes first:
//   mongosh --quiet 'mongodb://127.0.0.1:27017/?directConnection=true' init.js
// Reads MONGO_HOST (host:port as the product reaches it), MONGO_DATABASE, MONGO_ROOT_PASSWORD and MONGO_PASSWORD. Running it
// again changes nothing but the product's password.
const {
  MONGO_HOST: host = 'mongo:27017',
  MONGO_DATABASE: database = 'whatsapp_crm',
  MONGO_ROOT_PASSWORD: rootPassword,
  MONGO_PASSWORD: password,
} = process.env;
if (!rootPassword || !password) throw new Error('MONGO_ROOT_PASSWORD and MONGO_PASSWORD are needed.');

const admin = db.getSiblingDB('admin');
const codes = { unauthorized: 13, userExists: 51003 };

if (admin.hello().setName === undefined)
  admin.runCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } });
for (let tries = 0; tries < 150 && !admin.hello().isWritablePrimary; tries += 1) sleep(200);
if (!admin.hello().isWritablePrimary) throw new Error('The replica set has no primary.');

try {
  admin.createUser({ user: 'root', pwd: rootPassword, roles: ['root'] });
} catch (error) {
  // After the first run the door is closed: only the administrator may create users.
  if (error.code !== codes.unauthorized && error.code !== codes.userExists) throw error;
}
admin.auth('root', rootPassword);

const user = { pwd: password, roles: [{ role: 'readWrite', db: database }] };
if (admin.getUser('crm') === null) admin.createUser({ user: 'crm', ...user });
else admin.updateUser('crm', user);
print(`MongoDB is ready: replica set rs0, user crm with access to ${database}.`);
