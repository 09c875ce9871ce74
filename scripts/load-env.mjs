// For the commands that start one process of the build by itself: node --import ./scripts/load-env.mjs dist/…
// Variables that are already set keep their value. A container has no .env and does not use this.
import { fileURLToPath } from 'node:url';
import { describeUnreadable, loadEnvFile } from './env-file.mjs';

const { unreadableLines } = loadEnvFile(fileURLToPath(new URL('../.env', import.meta.url)), process.env);
for (const line of unreadableLines) process.stderr.write(`warning: ${describeUnreadable(line)}\n`);
