/**
 * The callers that send bodies, each with a share of the memory that no other pool can use, so that anonymous callers
 * starve neither users nor the provider. One sender (a business, a network) gets a part of its pool; in the pools of
 * webhooks that part is at least the largest body. In a full pool, a sender takes memory from the one that keeps the most.
 */
export const pools = {
  /** Events signed with an app secret of the deployment. Judged by the whole body, so anybody can send them. */
  provider: { share: 3 / 8, sender: 1 / 2 },
  /** Events on the secret address of a channel. */
  channel: { share: 2 / 8, sender: 1 / 2 },
  user: { share: 2 / 8, sender: 1 / 4 },
  anonymous: { share: 1 / 8, sender: 1 / 4 },
} as const;

export type BodyPool = keyof typeof pools;
export const bodyPools = ['provider', 'channel', 'user', 'anonymous'] as const satisfies readonly BodyPool[];

/** Who sends a body. */
export interface BodySender {
  readonly pool: BodyPool;
  /** Identifies the sender within the pool. */
  readonly key: string;
}
