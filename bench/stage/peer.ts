import { compileBaselines, processPath } from './compile.ts';
import type { Stage } from './stage.ts';

interface PeerProgram {
  readonly name: string;
  /** Its file in the compiled folder. */
  readonly process: string;
  /** Its command-line arguments besides the port. */
  readonly settings: object;
}

/** Starts a server that the API is compared with, in its own process. */
export async function startPeer(stage: Stage, { name, process, settings }: PeerProgram) {
  await compileBaselines();
  const port = await stage.freePort();
  const url = `http://127.0.0.1:${port}`;
  const { pid } = await stage.start({
    name,
    args: [processPath(process), JSON.stringify({ port, ...settings })],
    readyUrl: url,
    env: { NODE_ENV: 'production' },
  });
  return { url, pid };
}
