import { CHART, helmChart, type HelmChartOptions } from '@chat-app/platform/install'
import { copiedFile, textFile } from '@chat-app/sandbox-images'
import { join } from 'node:path'
import { writeTgz } from './tgz.ts'

/**
 * Writes the Helm chart of a release as `helm package` would.
 *
 * @returns the file's name
 */
export async function writeChart(folder: string, checkout: string, options: HelmChartOptions): Promise<string> {
  const name = `${CHART}-${options.version}.tgz`
  const texts = Object.entries(helmChart(options)).map(([path, text]) => textFile(`${CHART}/${path}`, text))
  await writeTgz(join(folder, name), [...texts, await copiedFile(`${CHART}/LICENSE`, join(checkout, 'LICENSE'))])
  return name
}
