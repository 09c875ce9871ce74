import type { Play, Stage } from './send-message-stage.ts';

/** Every way through the workflow, each to its end: what is recorded, and must replay for ever. */
export type Scenario = (stage: Stage) => Promise<Play>;

/** A promise that is kept when it is told to. */
export function gate() {
  let open = (): void => undefined;
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  return { open, isOpen };
}

export async function ended(play: Play): Promise<Play> {
  await play.result().catch(() => undefined);
  return play;
}
