import { setCurrentDetails } from '@temporalio/workflow';

export interface Story {
  tell(event: string): void;
}

const maxStory = 40;

/** A log of the run that the Temporal UI shows under “Current Details”; it adds no event to the history. */
export function createStory(): Story {
  const lines: string[] = [];
  return {
    tell(event) {
      lines.push(`- \`${new Date().toISOString()}\` ${event}`);
      if (lines.length > maxStory) lines.splice(1, 1, '- …');
      setCurrentDetails(lines.join('\n'));
    },
  };
}
