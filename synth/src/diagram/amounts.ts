import type { Pods } from './demand.ts'

const GIBIBYTE = 1024 ** 3

/** `3 x 1 CPU, 2 GiB, 100 GiB on disk`. */
export function sizeText({ pods, cpu, memory, storage }: Pods): string {
  const disk = storage === 0 ? [] : [`${gibibytes(storage)} on disk`]
  return `${pods} x ${[cores(cpu), gibibytes(memory), ...disk].join(', ')}`
}

export function cores(millicores: number): string {
  return `${rounded(millicores / 1000)} CPU`
}

export function gibibytes(bytes: number): string {
  return `${rounded(bytes / GIBIBYTE)} GiB`
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100)
}
