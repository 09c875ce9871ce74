import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  attentionAt,
  canUndo,
  checkMs,
  importCommands,
  isEnded,
  keptMs,
  readyMs,
  stateAfter,
  statesFor,
  stepOf,
  undoMs,
  uploadDeadMs,
} from '../../../../src/people/imports/lifecycle.ts';
import { importStates, type ImportState } from '../../../../src/people/imports/states.ts';

const at = (ms: number): Date => new Date(1_800_000_000_000 + ms);

describe('imports › lifecycle', () => {
  it('any commands › a state follows only where the table says so; ends are left only by an undo', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...importCommands), { maxLength: 40 }), (commands) => {
        let state: ImportState = 'uploading';
        for (const command of commands) {
          const next = stateAfter(state, command);
          assert.equal(next !== undefined, statesFor(command).includes(state));
          if (next === undefined) continue;
          if (isEnded(state)) assert.equal(command, 'undo');
          if (next === 'running') assert.ok(state === 'ready' || state === 'paused');
          // Nothing is written before a user has started it.
          if (stepOf(next) === 'apply') assert.ok(command === 'start' || command === 'resume');
          state = next;
        }
      }),
    );
  });

  it('every state › can come to an end, and every state with work leaves it by a command of that work', () => {
    const reachesEnd = (from: ImportState, seen = new Set<ImportState>()): boolean => {
      if (isEnded(from)) return true;
      if (seen.has(from)) return false;
      seen.add(from);
      return importCommands.some((command) => {
        const next = stateAfter(from, command);
        return next !== undefined && reachesEnd(next, seen);
      });
    };
    for (const state of importStates) assert.ok(reachesEnd(state), state);
    const ends = { analyse: 'analysed', apply: 'applied', settle: 'settled', undo: 'taken-back' } as const;
    for (const state of importStates) {
      const step = stepOf(state);
      if (step !== 'idle') assert.notEqual(stateAfter(state, ends[step]), undefined, state);
    }
  });

  it('a pause, a second start, an undo of what runs › only where they make sense', () => {
    assert.equal(stateAfter('paused', 'pause'), undefined);
    assert.equal(stateAfter('running', 'start'), undefined);
    assert.equal(stateAfter('running', 'undo'), undefined);
    assert.equal(stateAfter('undone', 'undo'), undefined);
  });

  it('attention › when an upload is dead, a proposal is old, an end is long ago; else soon', () => {
    const now = at(5);
    const created = { createdAt: at(0) };
    const cases: [Parameters<typeof attentionAt>[0], Date][] = [
      [{ state: 'uploading', ...created }, at(uploadDeadMs)],
      [{ state: 'ready', ...created, readyAt: at(1) }, at(1 + readyMs)],
      [{ state: 'ready', ...created }, at(readyMs)],
      [{ state: 'completed', ...created, endedAt: at(2) }, at(2 + keptMs)],
      [{ state: 'failed', ...created }, at(keptMs)],
      [{ state: 'running', ...created }, at(5 + checkMs)],
    ];
    for (const [doc, expected] of cases) assert.deepEqual(attentionAt(doc, now), expected);
  });

  it('undo › until seven days after the end, of an import that was started', () => {
    const facts = { startedAt: at(0), endedAt: at(10) };
    assert.equal(canUndo(facts, at(10 + undoMs - 1)), true);
    assert.equal(canUndo(facts, at(10 + undoMs)), false);
    assert.equal(canUndo({ endedAt: at(10) }, at(11)), false);
    assert.equal(canUndo({ startedAt: at(0) }, at(1)), false);
  });
});
