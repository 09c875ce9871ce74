import {
  applyPatch,
  DEFAULT_BEHAVIOUR,
  type Behaviour,
  type BehaviourPatch,
  type ScriptedAnswer,
} from './settings.ts';

export interface BehaviourStore {
  current(): Behaviour;
  /** Changes the given fields; throws a SettingError and changes nothing when one of them is wrong. */
  patch(fields: unknown): Behaviour;
  reset(): Behaviour;
  /** The next scripted answer for this number, used up by one. */
  takeScripted(to: string): ScriptedAnswer | null;
  /** Takes one send of the number's rate; false when there is none left. */
  takeSend(phoneNumberId: string, now: number): boolean;
  shouldDropAnswer(): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A small seeded generator (mulberry32), so that a run with lost answers can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function useUp(scripts: readonly ScriptedAnswer[], used: ScriptedAnswer): ScriptedAnswer[] {
  return scripts.flatMap((script) => {
    if (script !== used) return [script];
    return script.times > 1 ? [{ ...script, times: script.times - 1 }] : [];
  });
}

export function createBehaviourStore(initialFields: BehaviourPatch): BehaviourStore {
  const initial = applyPatch(DEFAULT_BEHAVIOUR, initialFields);
  const buckets = new Map<string, Bucket>();
  let behaviour = initial;
  let random = createRandom(initial.dropAnswers?.seed ?? 1);

  function use(next: Behaviour): Behaviour {
    if (next.dropAnswers !== behaviour.dropAnswers) random = createRandom(next.dropAnswers?.seed ?? 1);
    if (next.sendsPerSecond !== behaviour.sendsPerSecond) buckets.clear();
    behaviour = next;
    return next;
  }

  return {
    current: () => behaviour,
    patch: (fields) => use(applyPatch(behaviour, fields)),
    reset: () => use(initial),
    takeScripted(to) {
      const scripted = behaviour.nextErrors.find((script) => to.endsWith(script.to ?? ''));
      if (scripted === undefined) return null;
      behaviour = { ...behaviour, nextErrors: useUp(behaviour.nextErrors, scripted) };
      return scripted;
    },
    takeSend(phoneNumberId, now) {
      const rate = behaviour.sendsPerSecond;
      if (rate === null) return true;
      const capacity = Math.max(1, rate);
      const bucket = buckets.get(phoneNumberId) ?? { tokens: capacity, at: now };
      bucket.tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) * rate) / 1000);
      bucket.at = now;
      buckets.set(phoneNumberId, bucket);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    shouldDropAnswer: () => behaviour.dropAnswers !== null && random() < behaviour.dropAnswers.rate,
  };
}
