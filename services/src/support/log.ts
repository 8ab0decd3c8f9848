import pino, { type Logger } from 'pino'

export type { Logger }

/** JSON lines on stdout. What could hold a credential is never logged; the paths below are a second line of defence. */
export function createLogger(options: { level: string; command: string; nodeId: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.command, node: options.nodeId },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['password', 'token', 'secret', 'url', '*.password', '*.token', '*.secret', 'req.headers'],
      censor: '[hidden]',
    },
  })
}
