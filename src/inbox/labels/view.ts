import type { LabelView } from './schemas.ts';
import type { LabelDoc } from './use-cases.ts';

export const toLabelView = ({ _id, name, colour, createdAt }: LabelDoc): LabelView => ({
  id: _id.toHexString(),
  name,
  colour,
  createdAt: createdAt.toISOString(),
});
