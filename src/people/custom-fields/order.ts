import type { ListOrder } from '../../platform/listing.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import type { CustomFieldDoc } from './use-cases.ts';

/** By the order that admins give them. */
export function inOrder(cursor: string | undefined): ListOrder<CustomFieldDoc> {
  const after = cursor === undefined ? null : decodeCursor(cursor, 'number');
  return {
    ranges:
      after === null ? [{}] : [{ order: after.key, _id: { $gt: after.id } }, { order: { $gt: after.key } }],
    sort: { order: 1, _id: 1 },
    cursorOf: ({ order, _id }) => ({ key: order, id: _id }),
  };
}
