import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

test('reads the variables that the Deployment sets', () => {
  const environment = {
    WATCH_NAMESPACES: 'chat-app, chat-app-2,chat-app',
    POD_NAME: 'operator-1',
    POD_NAMESPACE: 'chat-app-system',
    METRICS_PORT: '9191',
    LOG_LEVEL: 'debug',
  }
  expect(readConfig(environment)).toEqual({
    watchNamespaces: ['chat-app', 'chat-app-2'],
    identity: 'operator-1',
    namespace: 'chat-app-system',
    metricsPort: 9191,
    logLevel: 'debug',
  })
})

test('only the namespaces are required', () => {
  const config = readConfig({ WATCH_NAMESPACES: 'chat-app' })
  expect(config).toMatchObject({ namespace: 'chat-app-system', metricsPort: 9090, logLevel: 'info' })
  expect(config.identity).toContain(String(process.pid))
})

test('an error names all invalid variables with their values', () => {
  const environment = { WATCH_NAMESPACES: 'Chat_App', METRICS_PORT: 'http', LOG_LEVEL: 'loud' }
  expect(() => readConfig(environment)).toThrow(
    /WATCH_NAMESPACES is not the name.*"Chat_App"[^]*METRICS_PORT[^]*"http"[^]*LOG_LEVEL[^]*"loud"/,
  )
  expect(() => readConfig({})).toThrow('WATCH_NAMESPACES is missing: set it to the namespaces')
  expect(() => readConfig({ WATCH_NAMESPACES: ' , ' })).toThrow('WATCH_NAMESPACES names no namespace')
})
