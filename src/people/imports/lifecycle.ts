import type { ImportState } from './states.ts';

/** Which states follow which. Pure; the only place that decides it. */

const dayMs = 24 * 3_600_000;

/** A proposal that nobody starts ends after this time: contacts change meanwhile. */
export const readyMs = 7 * dayMs;
export const undoMs = 7 * dayMs;
/** From the end on: how long the file, its rows and its report are kept. */
export const keptMs = 30 * dayMs;
/** No upload takes this long: the process that received the file has died. */
export const uploadDeadMs = 3_600_000;
/** How often it is looked whether the workflow of an import still runs. */
export const checkMs = 10 * 60_000;

/** What users ask for, and what the work on an import finds. */
export const importCommands = [
  ...(['change', 'start', 'pause', 'resume', 'cancel', 'undo'] as const),
  ...(['arrived', 'analysed', 'refused', 'applied', 'settled', 'taken-back', 'expired'] as const),
] as const;
export type ImportCommand = (typeof importCommands)[number];

type Transitions = Readonly<Partial<Record<ImportState, ImportState>>>;

const table: Readonly<Record<ImportCommand, Transitions>> = {
  arrived: { uploading: 'analysing' },
  change: { analysing: 'analysing', ready: 'analysing' },
  start: { ready: 'running' },
  pause: { running: 'paused' },
  resume: { paused: 'running' },
  cancel: { analysing: 'canceled', ready: 'canceling', running: 'canceling', paused: 'canceling' },
  undo: { completed: 'undoing', canceled: 'undoing' },
  analysed: { analysing: 'ready' },
  refused: { analysing: 'failed' },
  applied: { running: 'completed' },
  settled: { canceling: 'canceled' },
  'taken-back': { undoing: 'undone' },
  expired: { ready: 'canceling' },
};

/** The state after the command; undefined if the state does not allow it. */
export const stateAfter = (state: ImportState, command: ImportCommand): ImportState | undefined =>
  table[command][state];

/** The states that allow a command, for the text of its refusal. */
export const statesFor = (command: ImportCommand): readonly string[] => Object.keys(table[command]);

/** What the workflow does in a state. */
export type ImportStep = 'analyse' | 'apply' | 'settle' | 'undo' | 'idle';

const steps: Partial<Record<ImportState, ImportStep>> = {
  analysing: 'analyse',
  running: 'apply',
  canceling: 'settle',
  undoing: 'undo',
};

export const stepOf = (state: ImportState): ImportStep => steps[state] ?? 'idle';

const ends: ReadonlySet<ImportState> = new Set(['completed', 'canceled', 'undone', 'failed']);

export const isEnded = (state: ImportState): boolean => ends.has(state);

interface Lasting {
  readonly state: ImportState;
  readonly createdAt: Date;
  readonly readyAt?: Date;
  readonly endedAt?: Date;
}

const after = (from: Date, ms: number): Date => new Date(from.getTime() + ms);

/** When an import is looked after next. */
export function attentionAt({ state, createdAt, readyAt, endedAt }: Lasting, now: Date): Date {
  if (state === 'uploading') return after(createdAt, uploadDeadMs);
  if (state === 'ready') return after(readyAt ?? createdAt, readyMs);
  if (isEnded(state)) return after(endedAt ?? createdAt, keptMs);
  return after(now, checkMs);
}

/** Whether an import that has ended can still be undone. */
export const canUndo = ({ startedAt, endedAt }: UndoFacts, now: Date): boolean =>
  startedAt !== undefined && endedAt !== undefined && now < after(endedAt, undoMs);

interface UndoFacts {
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}
