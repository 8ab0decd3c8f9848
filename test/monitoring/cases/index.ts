import type { Case } from './case.ts'
import { backupCases, mysqlCases, redisCases } from './data.ts'
import { logsCases, messagingCases, operatorCases, platformCases, secretsCases, storageCases } from './platform.ts'
import { serviceCases } from './service.ts'

/** One case for each alert. */
export const cases: readonly Case[] = [
  ...serviceCases,
  ...redisCases,
  ...mysqlCases,
  ...backupCases,
  ...storageCases,
  ...messagingCases,
  ...operatorCases,
  ...logsCases,
  ...secretsCases,
  ...platformCases,
]
