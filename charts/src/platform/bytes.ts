const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** An amount of memory or storage as Kubernetes writes it, in bytes. NaN for what is none. */
export function bytes(quantity: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? []
  return Math.floor(Number.parseFloat(number) * (units[unit] ?? Number.NaN))
}
