/**
 * Bounds what one client does at the same time in this process, so that its large files leave places for others.
 */
export function createShares(maxPerClient: number) {
  const taken = new Map<string, number>();
  return {
    /** Takes a place of the client; null if all of them are taken. Call the returned function to give it back. */
    take(clientId: string): (() => void) | null {
      const count = taken.get(clientId) ?? 0;
      if (count >= maxPerClient) return null;
      taken.set(clientId, count + 1);
      return () => {
        const rest = (taken.get(clientId) ?? 1) - 1;
        if (rest === 0) taken.delete(clientId);
        else taken.set(clientId, rest);
      };
    },
  };
}

export type Shares = ReturnType<typeof createShares>;
