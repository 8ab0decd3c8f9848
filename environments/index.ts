import type { Environment } from '@chat-app/platform'
import { dev } from './dev.ts'
import { local } from './local.ts'
import { prod } from './prod.ts'
import { staging } from './staging.ts'
import { test } from './test.ts'

/** All environments, from the smallest to production. */
export const environments: readonly Environment[] = [local, dev, test, staging, prod]

export { dev, local, prod, staging, test }
export { version } from './base.ts'
