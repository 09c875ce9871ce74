import { defaultStartWords, defaultStopWords, type WordLists } from '../words/rules.ts';
import type { SendingPolicyDoc } from './use-cases.ts';
import { weekdays, type QuietHours } from './rules.ts';
import type { SendingPolicyView } from './schemas.ts';

const listsOf = (words: WordLists): Record<string, string[]> =>
  Object.fromEntries(Object.entries(words).map(([language, list]) => [language, [...list]]));

const toQuietHoursView = ({ from, to, days }: QuietHours) => ({ from, to, days: [...(days ?? weekdays)] });

export const toSendingPolicyView = (policy: SendingPolicyDoc): SendingPolicyView => ({
  quietHours: policy.quietHours === undefined ? null : toQuietHoursView(policy.quietHours),
  appliesTo: policy.appliesTo,
  stopWords: listsOf(policy.stopWords),
  startWords: listsOf(policy.startWords),
  replacesDefaults: policy.replacesDefaults,
  defaultStopWords: listsOf(defaultStopWords),
  defaultStartWords: listsOf(defaultStartWords),
});
