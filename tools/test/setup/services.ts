import { compileCommands } from '@chat-app/services/testing'
import { prepareProject } from './programs.ts'

/** Builds and downloads the programs for all `*.services.test.ts`, and compiles the services. */
export default async function setup(): Promise<void> {
  await prepareProject('services')
  await compileCommands()
}
