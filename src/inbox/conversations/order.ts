/**
 * The order in which a conversation learnt of its messages. The conversation counts them in the write that takes each one
 * in, so the order is that of the commits, whatever the clocks of the provider and of our processes say.
 */
export interface ConversationOrder {
  /** The number of the latest message that the contact wrote. */
  readonly lastArrival?: number;
  /** The number of the latest message in either direction. */
  readonly lastOrdinal?: number;
}

/** The place of one message; messages of earlier versions, and events that nobody wrote, have none. */
export interface MessageOrder {
  /** Of a message that the contact wrote: 1, 2, 3 … in the conversation. */
  readonly arrival?: number;
  /** Of any other message: the number of the contact's latest message before it. */
  readonly afterArrival?: number;
  /** Among the messages of both directions. */
  readonly ordinal?: number;
}

/** The place of a message that the contact wrote, in the conversation after it was counted. */
export const placeOfArrival = ({ lastArrival, lastOrdinal }: ConversationOrder): MessageOrder => ({
  ...(lastArrival === undefined ? {} : { arrival: lastArrival }),
  ...(lastOrdinal === undefined ? {} : { ordinal: lastOrdinal }),
});

/** The place of a message of the business, in the conversation after it was counted. */
export const placeOfOwn = ({ lastArrival = 0, lastOrdinal }: ConversationOrder): MessageOrder => ({
  afterArrival: lastArrival,
  ...(lastOrdinal === undefined ? {} : { ordinal: lastOrdinal }),
});

/** A message with a known place: one without numbers has those of the message before it. */
export interface PlacedMessage {
  readonly arrival: number;
  readonly ordinal: number;
  readonly timestamp: Date;
}

/** Negative if `one` is older than `other`. */
export const compareOrder = (one: PlacedMessage, other: PlacedMessage): number =>
  one.ordinal - other.ordinal || one.timestamp.getTime() - other.timestamp.getTime();
