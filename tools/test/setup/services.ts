import { prepareProject } from './programs.ts'

/** Builds and downloads the programs for all `*.services.test.ts`. */
export default function setup(): Promise<void> {
  return prepareProject('services')
}
