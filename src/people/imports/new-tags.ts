/** The tags that an import would make. */
export interface NewTags {
  readonly count: number;
  /** False if there are more than were counted. */
  readonly isExact: boolean;
  /** Some of them. */
  readonly names: readonly string[];
  /** How many more tags the business can have. */
  readonly room: number;
}

export const hasNoRoom = ({ count, room }: Pick<NewTags, 'count' | 'room'>): boolean => count > room;
