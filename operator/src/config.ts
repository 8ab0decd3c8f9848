import { hostname } from 'node:os'
import { z } from 'zod'
import { MAX_WATCHED_NAMESPACES } from './limits.ts'

const namespace = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'is not the name of a namespace')

const Environment = z.object({
  WATCH_NAMESPACES: z
    .string({ error: 'is missing: set it to the namespaces to watch, separated by commas' })
    .transform((list) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(z.array(namespace).min(1, 'names no namespace').max(MAX_WATCHED_NAMESPACES)),
  POD_NAME: z.string().min(1).max(253).default(`${hostname()}_${process.pid}`),
  POD_NAMESPACE: namespace.default('chat-app-system'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(9090),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export interface Config {
  readonly watchNamespaces: readonly string[]
  readonly identity: string
  readonly namespace: string
  readonly metricsPort: number
  readonly logLevel: string
}

/** Reads the configuration from environment variables. @throws Error that names each invalid variable and its value */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0])
      const value = environment[name]
      return `${name} ${message}${value === undefined ? '' : ` (it is ${JSON.stringify(value)})`}`
    })
    throw new Error(`the environment is not valid:\n  ${faults.join('\n  ')}`)
  }
  const { WATCH_NAMESPACES, POD_NAME, POD_NAMESPACE, METRICS_PORT, LOG_LEVEL } = parsed.data
  return {
    watchNamespaces: [...new Set(WATCH_NAMESPACES)],
    identity: POD_NAME,
    namespace: POD_NAMESPACE,
    metricsPort: METRICS_PORT,
    logLevel: LOG_LEVEL,
  }
}
