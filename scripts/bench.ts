import { runBenchmarks } from '../bench/main.ts';
import { stopAllStages } from '../bench/stage/stage.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void stopAllStages().finally(() => process.exit(130)));
}

try {
  await runBenchmarks(process.argv.slice(2), (line) => console.log(line));
} catch (error) {
  console.error(`The benchmark failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
