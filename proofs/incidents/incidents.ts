import type { Stage } from './stage.ts';

/** The alert that an incident must raise. */
export interface Expected {
  readonly alert: string;
  /** The client that it must name; null for an alert of the platform. */
  readonly client: string | null;
  /** What it must count; missing where the alert counts nothing. */
  readonly value?: number;
  /** From the cure until it has ended; missing where the alert looks back for longer, or nothing is cured. */
  readonly maxEndingMs?: number;
}

export interface Begun {
  readonly expected: readonly Expected[];
  /** Alerts that must not fire until its own have ended. */
  readonly quiet?: readonly string[];
  cure?(): Promise<void>;
  /** When its alerts have ended. */
  finish?(): void;
}

export interface Incident {
  readonly name: string;
  /** From its begin until its alert fires, as its runbook says: the rule's `for`, a measurement, a scrape, two evaluations. */
  readonly maxFiringMs: number;
  /** Null where this machine cannot stage it. */
  begin(stage: Stage): Promise<Begun | null>;
}

const secondMs = 1_000;
const platform = (alert: string, maxEndingMs = 90 * secondMs): Begun['expected'] => [
  { alert, client: null, maxEndingMs },
];

const frozen = (
  target: 'worker' | 'mongod' | 'temporal',
  { name, alert, maxFiringMs }: { name: string; alert: string; maxFiringMs: number },
): Incident => ({
  name,
  maxFiringMs,
  async begin({ cluster }) {
    const resume = await cluster.pause(target);
    return { expected: platform(alert), cure: async () => resume() };
  },
});

const workerMissing: Incident = {
  name: 'no worker was started',
  maxFiringMs: 120 * secondMs,
  begin: async ({ cluster }) => ({ expected: platform('WorkersGone'), cure: cluster.startWorker }),
};

const migrationsPending: Incident = {
  name: 'the database lacks a migration',
  maxFiringMs: 390 * secondMs,
  async begin({ database }) {
    const ran = database.collection('migrations');
    const [last] = await ran.find().sort({ fileName: -1 }).limit(1).toArray();
    if (last === undefined) throw new Error('no migration ran');
    await ran.deleteOne({ _id: last._id });
    return { expected: platform('MigrationsPending'), cure: async () => void (await ran.insertOne(last)) };
  },
};

/** Of two clients, so that the second one is not hidden behind the first. */
const tokensExpired: Incident = {
  name: 'the tokens of two clients expired',
  maxFiringMs: 60 * secondMs,
  async begin(stage) {
    const businesses = [await stage.openBusiness('token-1'), await stage.openBusiness('token-2')];
    await stage.behave({
      senderErrors: Object.fromEntries(businesses.map(({ phoneNumberId }) => [phoneNumberId, 190])),
    });
    for (const business of businesses) await stage.send(business, '77');
    return { expected: businesses.map(({ clientId }) => ({ alert: 'TokenExpired', client: clientId })) };
  },
};

const pausedDigits = '61';
/** Two incidents need it at once: each sets it, for both. */
const pausedTemplates = { nextErrors: [{ to: pausedDigits, code: 132_015, times: 2 }] };

const templatePaused: Incident = {
  name: 'Meta paused a template',
  maxFiringMs: 210 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('template');
    await stage.behave(pausedTemplates);
    await stage.send(business, pausedDigits);
    return { expected: [{ alert: 'TemplatePaused', client: business.clientId }] };
  },
};

const runTerminated: Incident = {
  name: 'somebody terminated a run',
  maxFiringMs: 210 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('run');
    await stage.behave(pausedTemplates);
    const id = await stage.send(business, pausedDigits);
    await stage.terminateRunOf(id);
    return { expected: platform('RunsTerminated') };
  },
};

const deadLetter: Incident = {
  name: 'an event that nobody can read',
  maxFiringMs: 90 * secondMs,
  async begin(stage) {
    await stage.postSigned('{"object":');
    return { expected: platform('DeadLetters') };
  },
};

/** A worker that waits for an answer loses it; what it lost is unknown, and the provider counts as failing. */
const providerHangs: Incident = {
  name: 'the provider hangs',
  maxFiringMs: 240 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('hang');
    await stage.behave({ latencyMs: 6_000 });
    for (let count = 0; count < 12; count += 1) await stage.send(business, '77');
    // Calls go on after the cure too: the alert ends with calls that succeed.
    const stopSending = stage.keepSending(business, 5 * secondMs);
    return {
      expected: [
        ...platform('ProviderFails', 120 * secondMs),
        { alert: 'MessagesUnknownGrowing', client: null },
      ],
      cure: () => stage.behave({ latencyMs: 0 }),
      finish: stopSending,
    };
  },
};

/** Nobody subscribed to the webhooks, or a proxy swallows them: there was never one. */
const noReceipts: Incident = {
  name: 'no receipt arrives',
  maxFiringMs: 390 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('receipts');
    await stage.behave({ receipts: 'none' });
    for (let count = 0; count < 15; count += 1) await stage.send(business, '77');
    return {
      expected: platform('NoReceipts'),
      async cure() {
        await stage.behave({ receipts: 'all' });
        await stage.send(business, '77');
      },
    };
  },
};

/** The database answers the workers' leases with a time-out, as when it has no CPU: nothing that is stored is processed. */
const webhookBacklog: Incident = {
  name: 'stored webhooks pile up',
  maxFiringMs: 240 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('backlog');
    const failPoint = { configureFailPoint: 'failCommand' };
    const data = { failCommands: ['update'], appName: 'worker', errorCode: 50 };
    const namespace = `${stage.database.databaseName}.webhook_events`;
    await stage.command({ ...failPoint, mode: 'alwaysOn', data: { ...data, namespace } });
    for (let count = 0; count < 5; count += 1) await stage.send(business, '77');
    return {
      expected: platform('WebhookBacklog'),
      cure: () => stage.command({ ...failPoint, mode: 'off' }),
    };
  },
};

/** As hosted MongoDB does before the disk is full: it answers reads, and refuses every write with 371. */
const writesRefused: Incident = {
  name: 'MongoDB refuses writes, its disk nearly full',
  maxFiringMs: 180 * secondMs,
  async begin(stage) {
    const stopSending = stage.keepSending(await stage.openBusiness('refused'), secondMs);
    await stage.command({ setUserWriteBlockMode: 1, global: true });
    return {
      expected: [{ alert: 'ApiFails', client: null }],
      quiet: ['RequestsFail'],
      cure: () => stage.command({ setUserWriteBlockMode: 1, global: false }),
      finish: stopSending,
    };
  },
};

/** No byte is left: mongod ends itself, and ends again each time that it is started. */
const diskFull: Incident = {
  name: "MongoDB's disk is full",
  maxFiringMs: 180 * secondMs,
  async begin(stage) {
    const { disk } = stage.cluster;
    if (disk === null) return null;
    const stopSending = stage.keepSending(await stage.openBusiness('full'), secondMs);
    await disk.fill();
    return { expected: platform('MongoAway'), cure: disk.clear, finish: stopSending };
  },
};

/** Every worker reports the gauges of the database: they must not count twice. */
const secondOnes: Incident = {
  name: 'a second API and worker join',
  maxFiringMs: 60 * secondMs,
  async begin(stage) {
    const business = await stage.openBusiness('second');
    // Fewer than make the alert fire, and twice as many are more.
    await stage.behave({ nextErrors: [{ to: refusedDigits, code: 132_012, times: 4 }] });
    for (let count = 0; count < 4; count += 1) await stage.send(business, refusedDigits);
    const expired = await stage.openBusiness('second-token');
    await stage.behave({ senderErrors: { [expired.phoneNumberId]: 190 } });
    await stage.send(expired, '77');
    return {
      expected: [{ alert: 'TokenExpired', client: expired.clientId, value: 1 }],
      quiet: ['TemplateRefused', 'WorkersGone', 'ApiGone', 'ProcessUnreachable', 'MessagesNotDispatched'],
    };
  },
};
const refusedDigits = '62';

/** One of two away is a ticket, because the other goes on. */
const secondOnesGone: Incident = {
  name: 'the second API and worker are frozen',
  maxFiringMs: 390 * secondMs,
  async begin({ cluster }) {
    const resumes = [await cluster.pause('second-api'), await cluster.pause('second-worker')];
    return {
      expected: platform('ProcessUnreachable'),
      quiet: ['WorkersGone', 'ApiGone', 'MongoAway', 'TemporalAway', 'GaugesOutdated', 'WebhookBacklog'],
      cure: async () => resumes.forEach((resume) => resume()),
    };
  },
};

const allGone: Incident = {
  name: 'both APIs and both workers are frozen',
  maxFiringMs: 150 * secondMs,
  async begin({ cluster }) {
    const targets = ['api', 'second-api', 'worker', 'second-worker'] as const;
    const resumes = await Promise.all(targets.map((target) => cluster.pause(target)));
    return {
      expected: [...platform('WorkersGone'), ...platform('ApiGone')],
      cure: async () => resumes.forEach((resume) => resume()),
    };
  },
};

interface Group {
  readonly incidents: readonly Incident[];
  /** From here on a second API and a second worker run beside the first ones. */
  readonly withSecond?: true;
}

/** Each group begins when the one before has ended; its incidents are there at once. */
export const groups: readonly Group[] = [
  { incidents: [workerMissing] },
  { incidents: [migrationsPending, tokensExpired, templatePaused, runTerminated, deadLetter, noReceipts] },
  { incidents: [providerHangs] },
  { incidents: [webhookBacklog] },
  {
    incidents: [
      frozen('worker', { name: 'the worker is frozen', alert: 'WorkersGone', maxFiringMs: 150 * secondMs }),
    ],
  },
  {
    incidents: [
      frozen('mongod', { name: 'MongoDB is frozen', alert: 'MongoAway', maxFiringMs: 120 * secondMs }),
    ],
  },
  { incidents: [writesRefused] },
  { incidents: [diskFull] },
  {
    incidents: [
      frozen('temporal', { name: 'Temporal is away', alert: 'TemporalAway', maxFiringMs: 120 * secondMs }),
    ],
  },
  { incidents: [secondOnes], withSecond: true },
  { incidents: [secondOnesGone], withSecond: true },
  { incidents: [allGone], withSecond: true },
];
