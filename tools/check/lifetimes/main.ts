import { readArguments, runCommand, usageError, type Command } from '@chat-app/cli'
import { environments } from '@chat-app/environments'
import { LIFETIMES_WARNING } from '../exit-codes.ts'
import { lifetimes } from './lifetimes.ts'

const command = {
  name: 'node tools/check/lifetimes/main.ts',
  usage: ['[--date YYYY-MM-DD]'],
  about: ['Reports the releases of third parties in the environments whose support has ended, or ends soon.'],
  options: { date: { value: 'YYYY-MM-DD', help: 'the day to compare with', default: 'today' } },
  exitCodes: {
    0: 'all are supported',
    1: 'one has ended, or is in no row of tools/check/lifetimes/parts.ts',
    [LIFETIMES_WARNING]: 'one ends soon, or is accepted although it has ended',
  },
  examples: { 'npm run check -- lifetimes': 'with the day of today' },
} as const satisfies Command

await runCommand(command, (args) => {
  const { values } = readArguments(command, args)
  const { date = new Date().toISOString().slice(0, 10) } = values
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date)))
    throw usageError(command, `--date: must be a day such as 2026-11-30 (it is ${JSON.stringify(date)})`)
  const { failures, warnings } = lifetimes(environments, date)
  for (const failure of failures) console.log(`ended: ${failure}`)
  for (const warning of warnings) console.log(`soon or accepted: ${warning}`)
  if (failures.length > 0) process.exitCode = 1
  else if (warnings.length > 0) process.exitCode = LIFETIMES_WARNING
})
