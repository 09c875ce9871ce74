import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, seen from the sources as from the build. */
function findProjectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('The program lies outside its project: there is no package.json above it.');
    folder = parent;
  }
  return folder;
}

const projectRoot = findProjectRoot();

export const migrationsFolder = join(projectRoot, 'migrations');

/** Made by `npm run build`. */
export const workflowBundlePath = join(projectRoot, 'dist', 'workflow-bundle.js');
