import { createRandom } from './random.ts';
import { createPairLimiter, createWindowLog, perSecond } from './rates.ts';
import { takeScript, type ScriptedAnswer, type ScriptedFailure } from './scripts.ts';
import { applyPatch, DEFAULT_BEHAVIOUR, type Behaviour, type BehaviourPatch } from './settings.ts';

export interface BehaviourStore {
  current(): Behaviour;
  /** Changes the given fields; throws a SettingError and changes nothing if one of them is invalid. */
  patch(fields: unknown): Behaviour;
  reset(): Behaviour;
  /** Uses the next scripted answer for this number. */
  takeScripted(to: string): ScriptedAnswer | null;
  /** Uses the next scripted failure for this number. */
  takeFailure(to: string): ScriptedFailure | null;
  /** Counts a send of the number; false if its rate is exceeded. */
  takeSend(phoneNumberId: string, now: number): boolean;
  /** Counts a send of the number to this contact; false if the pair limit is exceeded. */
  takePair(phoneNumberId: string, person: string, now: number): boolean;
  shouldDropAnswer(): boolean;
}

const META_SENDS_PER_SECOND = 80;
const META_PAIR_SECONDS = 6;

const isMeta = (behaviour: Behaviour): boolean => behaviour.limits === 'meta';

const rateOf = (behaviour: Behaviour): number | null =>
  behaviour.sendsPerSecond ?? (isMeta(behaviour) ? META_SENDS_PER_SECOND : null);

const pairSecondsOf = (behaviour: Behaviour): number | null =>
  behaviour.pairSeconds ?? (isMeta(behaviour) ? META_PAIR_SECONDS : null);

export function createBehaviourStore(initialFields: BehaviourPatch): BehaviourStore {
  const initial = applyPatch(DEFAULT_BEHAVIOUR, initialFields);
  const sends = createWindowLog();
  const pairs = createPairLimiter();
  let behaviour = initial;
  let random = createRandom(initial.dropAnswers?.seed ?? 1);

  function use(next: Behaviour): Behaviour {
    if (next.dropAnswers !== behaviour.dropAnswers) random = createRandom(next.dropAnswers?.seed ?? 1);
    if (rateOf(next) !== rateOf(behaviour)) sends.clear();
    if (pairSecondsOf(next) !== pairSecondsOf(behaviour)) pairs.clear();
    behaviour = next;
    return next;
  }

  return {
    current: () => behaviour,
    patch: (fields) => use(applyPatch(behaviour, fields)),
    reset: () => use(initial),
    takeScripted(to) {
      const script = takeScript(behaviour.nextErrors, to);
      if (script !== null) behaviour = { ...behaviour, nextErrors: script.left };
      return script?.taken ?? null;
    },
    takeFailure(to) {
      const script = takeScript(behaviour.nextFailures, to);
      if (script !== null) behaviour = { ...behaviour, nextFailures: script.left };
      return script?.taken ?? null;
    },
    takeSend(phoneNumberId, now) {
      const rate = rateOf(behaviour);
      if (rate === null) return true;
      if (!sends.hasRoom(phoneNumberId, perSecond(rate), now)) return false;
      sends.add(phoneNumberId, now);
      return true;
    },
    takePair(phoneNumberId, person, now) {
      const seconds = pairSecondsOf(behaviour);
      if (seconds === null) return true;
      const limit = { intervalMs: seconds * 1_000, burst: behaviour.pairBurst };
      return pairs.take(`${phoneNumberId} ${person}`, limit, now);
    },
    shouldDropAnswer: () => behaviour.dropAnswers !== null && random() < behaviour.dropAnswers.rate,
  };
}
