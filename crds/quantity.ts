const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei))?$/

/** Suffixes as powers: [base, exponent]. Source: k8s.io/apimachinery/pkg/api/resource. */
const SUFFIXES: Readonly<Record<string, readonly [number, number]>> = {
  n: [10, -9],
  u: [10, -6],
  m: [10, -3],
  k: [10, 3],
  M: [10, 6],
  G: [10, 9],
  T: [10, 12],
  P: [10, 15],
  E: [10, 18],
  Ki: [2, 10],
  Mi: [2, 20],
  Gi: [2, 30],
  Ti: [2, 40],
  Pi: [2, 50],
  Ei: [2, 60],
}

/** Kubernetes caps quantities at 2^63, so a larger exponent is a typing error, and its digits would fill the memory. */
const MAX_EXPONENT = 60

/** A Kubernetes quantity as a number of cores or bytes; 0 for a text that is not a quantity. */
export function quantityValue(quantity: string | number): number {
  return Number(nanosOf(quantity) ?? 0n) / 1e9
}

/** Whether two texts are the same Kubernetes quantity, such as `1000m` and `1`. False when either is not a quantity. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const left = nanosOf(a)
  return left !== undefined && left === nanosOf(b)
}

/**
 * A quantity in billionths, the smallest unit that Kubernetes keeps, as a whole number: in floating point
 * `0.1` and `100m` would differ.
 */
function nanosOf(value: unknown): bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const match = QUANTITY.exec(String(value))
  if (match === null) return undefined
  const [, digits = '', exponent, suffix] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const [base, power] = exponent === undefined ? (SUFFIXES[suffix ?? ''] ?? [10, 0]) : [10, Number(exponent.slice(1))]
  if (Math.abs(power) > MAX_EXPONENT) return undefined
  const scaled = base === 2 ? BigInt(whole + fraction) << BigInt(power) : BigInt(whole + fraction)
  return timesPowerOfTen(scaled, 9 - fraction.length + (base === 2 ? 0 : power))
}

/** A negative power rounds up, as Kubernetes does. */
function timesPowerOfTen(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (value + (value > 0n ? divisor - 1n : 0n)) / divisor
}
