import pino, { type Logger } from 'pino'

export type { Logger }

/** Fields that are hidden should a credential be logged by mistake; no line of this program logs one. */
const HIDDEN_FIELDS = ['password', 'token', 'secret', 'url', '*.password', '*.token', '*.secret', 'req.headers']

/** A logger that writes JSON lines to stdout. */
export function createLogger(options: { level: string; command: string; nodeId: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.command, node: options.nodeId },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: HIDDEN_FIELDS, censor: '[hidden]' },
  })
}
