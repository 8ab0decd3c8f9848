import type { Subcommand } from '../command/subcommand.ts'
import { hibernate } from './decide/hibernate.ts'
import { pause } from './decide/pause.ts'
import { restart } from './decide/restart.ts'
import { resume } from './decide/resume.ts'
import { rollback } from './decide/rollback.ts'
import { update } from './decide/update.ts'
import { wake } from './decide/wake.ts'
import { doctor } from './doctor/command.ts'
import { logs } from './logs/command.ts'
import { plan } from './plan/command.ts'
import { report } from './report/command.ts'
import { status } from './status/command.ts'

/** All commands by name, in the order of the help. */
export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  status,
  logs,
  doctor,
  report,
  plan,
  rollback,
  pause,
  resume,
  restart,
  hibernate,
  wake,
  update,
}
