import { createLogger, type Logger } from '../../src/platform/logger.ts';

export interface CapturedLog {
  readonly logger: Logger;
  /** All lines so far, parsed. */
  lines(): Record<string, unknown>[];
  /** All lines so far as written, to search them for secrets. */
  text(): string;
}

/** A real logger that writes into memory. */
export function captureLog(): CapturedLog {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  return {
    logger: createLogger({ level: 'debug', name: 'test', destination }),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
}
