import { setCurrentDetails } from '@temporalio/workflow';

export interface Story {
  tell(event: string): void;
}

const maxStory = 40;

/** The run's life as a list that the Temporal UI shows under «Current Details»; it costs no event. */
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
