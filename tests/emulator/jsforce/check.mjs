// What jsforce makes of the emulated org: each act's answer, as one JSON object on stdout.
import { readFile } from 'node:fs/promises';

import jsforce from 'jsforce';

const [instanceUrl, accessToken, loginUrl, clientId, clientSecret, adminToken, packageFile] =
  process.argv.slice(2);
const connection = new jsforce.Connection({ instanceUrl, accessToken, version: '66.0' });
const admin = new jsforce.Connection({ instanceUrl, accessToken: adminToken, version: '66.0' });
connection.bulk2.pollInterval = 20;

const failure = (error) => ({ name: error.errorCode ?? error.name, message: error.message });

const acts = {
  identity: () => connection.identity(),
  versions: () => connection.request('/services/data'),
  query: () => connection.query('SELECT Id, Name, Account.Name FROM Contact ORDER BY Id LIMIT 3'),
  pages: async () => {
    const records = await connection
      .query('SELECT Id FROM Contact ORDER BY Id')
      .run({ autoFetch: true, maxFetch: 10_000 });
    return (records.records ?? records).length;
  },
  count: () => connection.query('SELECT COUNT() FROM Contact').then((found) => found.totalSize),
  find: () =>
    connection
      .sobject('Contact')
      .find({ LastName: { $like: 'B%' }, SMS_Opt_Out__c: false }, ['Id', 'LastName'])
      .limit(2)
      .execute(),
  describe: () => connection.sobject('Contact').describe(),
  describeGlobal: () => connection.describeGlobal(),
  updateMany: async () => {
    const found = await connection.query('SELECT Id FROM Contact ORDER BY Id LIMIT 200');
    const records = found.records.map(({ Id }) => ({ Id, SMS_Delivery_Status__c: 'Delivered' }));
    records[7].SMS_Delivery_Status__c = 'Nope';
    return connection.sobject('Contact').update(records, { allOrNone: false });
  },
  createMany: () =>
    connection
      .sobject('Lead')
      .create(
        Array.from({ length: 200 }, (_, n) => ({ LastName: `Lead ${n}`, Company: 'Example Ltd' })),
        { allOrNone: true },
      ),
  upsertOne: async () => {
    const stat = { Key__c: 'total:701', Messages__c: 1 };
    const first = await connection.sobject('SMS_Campaign_Stat__c').upsert({ ...stat }, 'Key__c');
    const second = await connection
      .sobject('SMS_Campaign_Stat__c')
      .upsert({ ...stat, Messages__c: 2 }, 'Key__c');
    return [first, second];
  },
  upsertMany: () =>
    connection
      .sobject('SMS_Campaign_Stat__c')
      .upsert(
        ['total:701', 'day:1', 'day:2'].map((Key__c) => ({ Key__c, Messages__c: 9 })),
        'Key__c',
        { allOrNone: false },
      ),
  retrieve: async () => {
    const found = await connection.query('SELECT Id FROM Lead LIMIT 2');
    return connection.sobject('Lead').retrieve(found.records.map(({ Id }) => Id));
  },
  destroy: async () => {
    const { id } = await connection.sobject('Lead').create({ LastName: 'Gone', Company: 'X' });
    return connection.sobject('Lead').destroy(id);
  },
  search: () =>
    connection.search('FIND {12015550100} IN PHONE FIELDS RETURNING Contact(Id, MobilePhone)'),
  badQuery: () => connection.query('SELECT Nothing FROM Contact').catch(failure),
  badField: () => connection.sobject('Contact').create({ LastName: 'X', Nope__c: 1 }).catch(failure),
  bulkLoad: async () => {
    const input = Array.from({ length: 300 }, (_, n) => ({ Key__c: `bulk:${n}`, Messages__c: n }));
    input[7].Messages__c = 'many';
    const job = connection.bulk2.createJob({
      object: 'SMS_Campaign_Stat__c',
      operation: 'upsert',
      externalIdFieldName: 'Key__c',
    });
    await job.open();
    await job.uploadData(input);
    await job.close();
    await job.poll(20, 10_000);
    return { job: job.getInfo(), ...(await job.getAllResults()) };
  },
  bulkFailure: () =>
    connection.bulk2
      .loadAndWaitForResults({
        object: 'Lead',
        operation: 'insert',
        input: [{ LastName: 'X', Company: 'Y', Nope__c: 1 }],
        pollInterval: 20,
      })
      .catch(failure),
  bulkQuery: async () => {
    const stream = await connection.bulk2.query('SELECT Id, LastName FROM Contact');
    return (await stream.toArray()).length;
  },
  events: async () => [
    await connection.sobject('Alert__e').create({ Key__c: 'a' }),
    await connection.sobject('Alert__e').create([{ Key__c: 'b' }, { Key__c: 'c' }]),
  ],
  deploy: async () => admin.metadata.deploy(await readFile(packageFile)).complete(true),
  deployRest: async () =>
    admin.metadata
      .deployRest(await readFile(packageFile), { rollbackOnError: true })
      .complete(true),
  metadata: () => admin.metadata.read('CustomField', 'Contact.Note__c'),
  limits: () => connection.limits().then(() => connection.limitInfo),
  login: async () => {
    const other = new jsforce.Connection({
      version: '66.0',
      oauth2: { loginUrl, clientId, clientSecret },
    });
    await other.authorize({ grant_type: 'client_credentials' });
    const { totalSize } = await other.query('SELECT Id FROM Contact LIMIT 5');
    return { instanceUrl: other.instanceUrl, totalSize };
  },
};

const answers = {};
for (const [name, act] of Object.entries(acts)) {
  try {
    answers[name] = await act();
  } catch (error) {
    answers[name] = { failed: `${error.name}: ${error.message}` };
  }
}
process.stdout.write(JSON.stringify(answers));
