import type { Stage } from './stage.ts';

/** The alert that an incident must raise. */
export interface Expected {
  readonly alert: string;
  /** The client that it must name; null for an alert of the platform. */
  readonly client: string | null;
  /** From the cure until it has ended; missing where the alert looks back for longer, or nothing is cured. */
  readonly maxEndingMs?: number;
}

export interface Begun {
  readonly expected: readonly Expected[];
  cure?(): Promise<void>;
  /** When its alerts have ended. */
  finish?(): void;
}

export interface Incident {
  readonly name: string;
  /** From its begin until its alert fires: the rule's `for`, a measurement, a scrape, two evaluations. */
  readonly maxFiringMs: number;
  begin(stage: Stage): Promise<Begun>;
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
  maxFiringMs: 75 * secondMs,
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
  maxFiringMs: 75 * secondMs,
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
    const timer = setInterval(() => void stage.send(business, '77').catch(() => undefined), 5 * secondMs);
    return {
      expected: [
        ...platform('ProviderFails', 120 * secondMs),
        { alert: 'MessagesUnknownGrowing', client: null },
      ],
      cure: () => stage.behave({ latencyMs: 0 }),
      finish: () => clearInterval(timer),
    };
  },
};

/** Each group begins when the one before has ended; its incidents are there at once. */
export const groups: readonly (readonly Incident[])[] = [
  [workerMissing],
  [migrationsPending, tokensExpired, templatePaused, runTerminated, deadLetter],
  [providerHangs],
  [
    frozen('worker', {
      name: 'the worker is frozen',
      alert: 'WorkersGone',
      maxFiringMs: 150 * secondMs,
    }),
  ],
  [frozen('mongod', { name: 'MongoDB is frozen', alert: 'MongoAway', maxFiringMs: 150 * secondMs })],
  [frozen('temporal', { name: 'Temporal is away', alert: 'TemporalAway', maxFiringMs: 150 * secondMs })],
];
