import type { AccountEvents } from '../account-events.ts';
import type { BehaviourStore } from '../behaviour-store.ts';
import { categoryEvent, statusEvent } from './events.ts';
import type { TemplateStore } from './store.ts';
import type { Template } from './template.ts';

export interface ReviewerDeps {
  readonly templates: TemplateStore;
  readonly store: BehaviourStore;
  readonly events: AccountEvents;
}

export interface Reviewer {
  /** With `reviewMs` 0 the result is available at once. */
  submit(template: Template): void;
  /** Drops the reviews in progress. */
  close(): void;
}

/** Simulates Meta's review: rejects templates with a forbidden word and approves all others. */
export function createReviewer({ templates, store, events }: ReviewerDeps): Reviewer {
  const timers = new Set<NodeJS.Timeout>();

  function judge(template: Template): Template {
    const { rejectWords, recategorise } = store.current();
    const content = JSON.stringify(template.components).toLowerCase();
    const isBad = rejectWords.some((word) => content.includes(word.toLowerCase()));
    if (isBad) return { ...template, status: 'REJECTED', rejectedReason: 'INVALID_FORMAT' };
    const category = recategorise[template.name] ?? template.category;
    const isMoved = category !== template.category;
    const moved = isMoved ? { category, previousCategory: template.category } : {};
    return { ...template, ...moved, status: 'APPROVED' };
  }

  function decide(id: string): void {
    const template = templates.byId(id);
    if (template?.status !== 'PENDING') return;
    const judged = judge(template);
    templates.put(judged);
    events.enqueue(statusEvent(judged));
    if (judged.category !== template.category) events.enqueue(categoryEvent(template, judged));
  }

  return {
    submit(template) {
      const { reviewMs } = store.current();
      if (reviewMs === 0) {
        decide(template.id);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        decide(template.id);
      }, reviewMs);
      timers.add(timer);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
