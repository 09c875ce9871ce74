/** The used part of migrate-mongo, which ships no types. */
declare module 'migrate-mongo' {
  import type { mongo } from 'mongoose';

  export interface MigrationStatus {
    readonly fileName: string;
    /** `PENDING`, or the time. */
    readonly appliedAt: string;
  }

  export const config: { set(content: Readonly<Record<string, unknown>>): void };
  export function status(db: mongo.Db): Promise<MigrationStatus[]>;
}
