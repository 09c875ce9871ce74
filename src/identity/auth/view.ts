import { toClientView } from '../clients/view.ts';
import { toUserView } from '../users/view.ts';
import type { SignedInView } from './schemas.ts';
import type { SignedIn } from './use-cases.ts';

export const toSignedInView = ({ accessToken, user, client }: SignedIn): SignedInView => ({
  accessToken,
  user: toUserView(user),
  client: toClientView(client),
});
