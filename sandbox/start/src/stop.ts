import { setTimeout as sleep } from 'node:timers/promises'
import { readArguments, runCommand, type Command } from '@chat-app/cli'
import { runningPid } from './state.ts'

/** The nodes have 5 s each, at the same time; then come the servers. */
const STOP_TIMEOUT_MS = 20_000
const POLL_MS = 100

const command = {
  name: 'npm run stop',
  usage: [''],
  about: ['Ends the chat that npm start runs: SIGTERM, after 5 s SIGKILL, then the servers.'],
  options: {},
  examples: { 'npm run stop': 'end the chat of this checkout' },
  exitCodes: { 0: 'it has ended, or it was not running', 1: 'it has not ended in time' },
} as const satisfies Command

await runCommand(command, async (args) => {
  readArguments(command, args)
  const pid = runningPid()
  if (pid === undefined) return console.log('the chat is not running')
  process.kill(pid, 'SIGTERM')
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while (runningPid() === pid) {
    if (performance.now() > deadline) throw new Error(`process ${pid} has not ended within ${STOP_TIMEOUT_MS / 1000} s`)
    await sleep(POLL_MS)
  }
  console.log('the chat has ended')
})
