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

/** Whether two texts are the same Kubernetes quantity, such as `1000m` and `1`. False when either is none. */
export function sameQuantity(a: unknown, b: unknown): boolean {
  const left = nanos(a)
  return left !== undefined && left === nanos(b)
}

/**
 * A quantity in billionths, the finest that Kubernetes keeps, as a whole number: floating point would call
 * `0.1` and `100m` different.
 */
function nanos(value: unknown): bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const match = QUANTITY.exec(String(value))
  if (match === null) return undefined
  const [, digits = '', exponent, suffix] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const [base, power] = exponent === undefined ? (SUFFIXES[suffix ?? ''] ?? [10, 0]) : [10, Number(exponent.slice(1))]
  // Kubernetes caps quantities at 2^63; an exponent beyond is no number anyone means.
  if (Math.abs(power) > 60) return undefined
  const scaled = base === 2 ? BigInt(whole + fraction) << BigInt(power) : BigInt(whole + fraction)
  return shift(scaled, 9 - fraction.length + (base === 2 ? 0 : power))
}

/** Multiplies by a power of ten; a negative one rounds up, as Kubernetes does. */
function shift(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (value + (value > 0n ? divisor - 1n : 0n)) / divisor
}
