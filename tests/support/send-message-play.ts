import type { Play, Stage } from './send-message-stage.ts';

/** Every path through the workflow to its end: what is recorded and must always replay. */
export type Scenario = (stage: Stage) => Promise<Play>;

/** A promise that the test resolves. */
export function gate() {
  let open = (): void => undefined;
  const isOpen = new Promise<void>((resolve) => (open = resolve));
  return { open, isOpen };
}

export async function ended(play: Play): Promise<Play> {
  await play.result().catch(() => undefined);
  return play;
}
