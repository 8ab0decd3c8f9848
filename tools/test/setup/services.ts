import { prepared } from './programs.ts'

export default function setup(): Promise<void> {
  return prepared('services')
}
