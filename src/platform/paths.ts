import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json; works from the sources and from the build. */
function findProjectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('No package.json was found above the program.');
    folder = parent;
  }
  return folder;
}

const projectRoot = findProjectRoot();

export const migrationsFolder = join(projectRoot, 'migrations');

/** Written by `npm run build`. */
export const workflowBundlePath = join(projectRoot, 'dist', 'workflow-bundle.js');
