import type { EventNumber, HeadMove, PendingEvent } from '../repository.ts';

export interface NumberPlan {
  readonly moves: readonly HeadMove[];
  readonly numbers: readonly EventNumber[];
}

/**
 * The next numbers of each client, from its head on, without a gap: in the order of time, and the events of one object
 * in the order of its versions, because the clocks of processes differ. `heads` are the last numbers by client id. Pure.
 */
export function planNumbers(
  pending: readonly PendingEvent[],
  heads: ReadonlyMap<string, number>,
): NumberPlan {
  const moves: HeadMove[] = [];
  const numbers: EventNumber[] = [];
  for (const [client, events] of groupBy(pending, ({ clientId }) => clientId.toHexString())) {
    const from = heads.get(client) ?? 0;
    const ordered = inOrder(events);
    for (const [index, { clientId, _id }] of ordered.entries()) {
      if (index === 0) moves.push({ clientId, from, to: from + ordered.length });
      numbers.push({ clientId, _id, seq: from + index + 1 });
    }
  }
  return { moves, numbers };
}

/** By time and id; the events of one object keep their places among the others, and stand in them by version. */
function inOrder(events: readonly PendingEvent[]): readonly PendingEvent[] {
  const byTime = events.toSorted(
    (left, right) => left.at.getTime() - right.at.getTime() || compareIds(left, right),
  );
  const byObject = groupBy(byTime, objectOf);
  for (const ofObject of byObject.values()) ofObject.sort((left, right) => left.version - right.version);
  return byTime.map((event) => byObject.get(objectOf(event))?.shift() ?? event);
}

const objectOf = ({ entity }: PendingEvent): string => `${entity.type}:${entity.id.toHexString()}`;

const compareIds = (left: PendingEvent, right: PendingEvent): number =>
  left._id.toHexString() < right._id.toHexString() ? -1 : 1;

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
