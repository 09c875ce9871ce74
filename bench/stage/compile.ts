import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootDir } from '../../scripts/paths.ts';
import { runCommand } from '../../scripts/servers/run-command.ts';

const benchDir = join(rootDir, 'bench');
const outDir = join(rootDir, '.cache', 'bench');

/** The path of a compiled benchmark process. */
export const processPath = (name: string): string => join(outDir, 'bench', 'processes', `${name}.js`);

export const bareBundlePath = join(outDir, 'workflow-bundle.js');

/** Compiles the baselines with the product's settings, so that both run the same kind of code. */
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
