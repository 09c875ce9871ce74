// For the commands that start one process of the build by itself: node --import ./scripts/load-env.mjs dist/…
// Variables that are already set keep their value. A container has no .env and does not use this.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../.env', import.meta.url));
if (existsSync(file)) process.loadEnvFile(file);
