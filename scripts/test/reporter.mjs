// A plain module, because mocha loads it inside the test process before anything else is set up.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

const { Spec } = Mocha.reporters;
const lingerMs = 10_000;

/** Mocha's spec report, which also leaves its counts in the file named by TEST_COUNTS_FILE. */
export default class CountingSpec extends Spec {
  constructor(runner, options) {
    super(runner, options);
    // An interrupted run still has to end the servers that its tests started, which happens on the way out.
    process.once('SIGTERM', () => process.exit(143));
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      const counts = { passes, failures, pending };
      save(counts);
      // A test that leaves a server or a connection open would keep the run from ever ending.
      setTimeout(() => {
        save({ ...counts, stillOpen: process.getActiveResourcesInfo() });
        process.exit(1);
      }, lingerMs).unref();
    });
  }
}

function save(counts) {
  const file = process.env.TEST_COUNTS_FILE;
  if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
}
