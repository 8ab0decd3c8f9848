import { startWorker } from '../src/commands/worker.ts'
import { loadConfig } from '../src/config/load.ts'
import { Database } from '../src/store/database.ts'
import { createLogger } from '../src/support/log.ts'
import { onSignal } from '../src/support/shutdown.ts'

// The command `worker` with a consumer that writes what it hears to a table, by the event's name, as another system does.
const config = loadConfig('worker')
const log = createLogger({ level: config.logLevel, command: 'worker', nodeId: config.nodeId })
const other = new Database(config.database)
const { steps, ...listening } = await startWorker(config, log, [
  {
    name: 'other',
    kinds: ['message'],
    handle: async ({ room, epoch, seq, event: { body } }) => {
      await other.execute('INSERT IGNORE INTO heard (room, epoch, seq, body) VALUES (?, ?, ?, ?)', [
        room,
        epoch,
        seq,
        body,
      ])
    },
  },
])
onSignal(() => steps, log)
log.info(listening, 'worker is listening')
