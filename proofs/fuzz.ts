import { readCorpus } from './fuzz/corpus.ts';
import { readFuzzOptions, usage } from './fuzz/options.ts';
import { formatProductFuzz, runProductFuzz } from './fuzz/product.ts';
import { formatFuzz } from './fuzz/report.ts';
import { runFuzz } from './fuzz/run.ts';
import { runProof } from './shared/run-proof.ts';

await runProof({
  name: 'fuzz',
  usage,
  readOptions: readFuzzOptions,
  async run(options, log) {
    const corpus = await readCorpus();
    if (options.kind === 'parser') {
      const report = runFuzz(options, corpus);
      return { text: formatFuzz(report), violations: report.violations };
    }
    const report = await runProductFuzz(options, corpus, log);
    return { text: formatProductFuzz(report), violations: report.violations };
  },
  format: ({ text }) => text,
});
