import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const benchDir = join(rootDir, 'bench');
const outDir = join(rootDir, '.cache', 'bench');

/** Where a compiled process of the benchmark lies. */
export const processPath = (name: string): string => join(outDir, 'bench', 'processes', `${name}.js`);

export const bareBundlePath = join(outDir, 'workflow-bundle.js');

/** Compiles the baselines exactly as the product is compiled, so that both run the same kind of code. */
export async function compileBaselines(): Promise<void> {
  const compiler = join(rootDir, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(benchDir, 'tsconfig.json');
  const { code, output } = await runCommand(process.execPath, [compiler, '-p', project], 120_000);
  if (code !== 0) throw new Error(`the baselines do not compile:\n${output}`);
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const bundle = await bundleWorkflowCode({
    workflowsPath: join(benchDir, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(bareBundlePath, bundle.code);
}
