import { readCorpus } from './fuzz/corpus.ts';
import { readFuzzOptions, usage } from './fuzz/options.ts';
import { formatFuzz } from './fuzz/report.ts';
import { runFuzz } from './fuzz/run.ts';
import { runProof } from './shared/run-proof.ts';

await runProof({
  name: 'fuzz',
  usage,
  readOptions: readFuzzOptions,
  run: async (options) => runFuzz(options, await readCorpus()),
  format: formatFuzz,
});
