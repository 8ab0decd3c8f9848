import { COMPONENTS, type Component } from '@chat-app/chat'
import { quantityValue } from '@chat-app/crds'

/** What pods reserve and may use together: cores and bytes. */
export interface Resources {
  readonly pods: number
  readonly requests: Amounts
  readonly limits: Amounts
}

interface Amounts {
  readonly cpu: number
  readonly memory: number
}

/** The pods of a service before and after a change. */
export interface Turn {
  readonly component: Component
  readonly before: { readonly replicas: number; readonly template: object | undefined }
  readonly after: { readonly replicas: number; readonly template: object | undefined }
  /** New pods beside the former ones in a rollout; 0 where no pod is replaced. */
  readonly surge: number
}

/** Templates of the pods of Jobs: before the services are replaced, and meanwhile. */
export interface Jobs {
  readonly first: readonly object[]
  readonly beside: readonly object[]
}

export interface Quota {
  readonly before: Resources
  readonly after: Resources
  /** The most at one time, without pods that still stop. */
  readonly most: Resources
}

/**
 * What the pods need before, after and at the most in between. Numbers of pods follow at once, then one service after the
 * other is replaced.
 *
 * @param jobs templates of the pods of Jobs, of which one runs at a time
 */
export function quotaOf(turns: readonly Turn[], jobs: Jobs): Quota {
  const before = sum(turns.map((turn) => times(podOf(turn.before.template), turn.before.replicas)))
  const after = sum(turns.map((turn) => times(podOf(turn.after.template), turn.after.replicas)))
  const [first, beside] = [jobs.first, jobs.beside].map((templates) => most(templates.map((each) => podOf(each))))
  const phases = [
    sum([scaled(turns), first ?? NOTHING]),
    ...COMPONENTS.map((component) => sum([during(component, turns), beside ?? NOTHING])),
    after,
  ]
  return { before, after, most: most([before, ...phases]) }
}

/** Once the numbers of pods are as wanted, and no pod is replaced. */
function scaled(turns: readonly Turn[]): Resources {
  return sum(turns.map(({ before, after }) => times(podOf(before.template), after.replicas)))
}

/** While the pods of a service are replaced; those of the services before it are new already. */
function during(component: Component, turns: readonly Turn[]): Resources {
  const now = COMPONENTS.indexOf(component)
  return sum(
    turns.map(({ component: other, before, after, surge }) => {
      const place = COMPONENTS.indexOf(other)
      const present = times(podOf(place < now ? after.template : before.template), after.replicas)
      return place === now ? sum([present, times(podOf(after.template), surge)]) : present
    }),
  )
}

const NOTHING: Resources = { pods: 0, requests: { cpu: 0, memory: 0 }, limits: { cpu: 0, memory: 0 } }

interface Container {
  readonly restartPolicy?: string
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities }
}

type Quantities = Readonly<Record<string, string | number>>

/** Of one pod: its containers and sidecars together, or an init container that needs more. */
function podOf(template: object | undefined): Resources {
  if (template === undefined) return NOTHING
  const { spec = {} } = template as {
    readonly spec?: { readonly containers?: readonly Container[]; readonly initContainers?: readonly Container[] }
  }
  const { containers = [], initContainers = [] } = spec
  const isSidecar = ({ restartPolicy }: Container) => restartPolicy === 'Always'
  const long = sum([...containers, ...initContainers.filter(isSidecar)].map((each) => containerOf(each)))
  const short = initContainers.filter((each) => !isSidecar(each)).map((each) => containerOf(each))
  return { ...most([long, ...short]), pods: 1 }
}

function containerOf({ resources }: Container): Resources {
  const { requests, limits } = resources ?? {}
  // Without a request the limit is reserved.
  return { pods: 0, requests: amountsOf({ ...limits, ...requests }), limits: amountsOf(limits) }
}

function amountsOf(quantities: Quantities = {}): Amounts {
  const { cpu = 0, memory = 0 } = quantities
  return { cpu: quantityValue(cpu), memory: quantityValue(memory) }
}

function times(resources: Resources, number: number): Resources {
  return combined([resources], ([value = 0]) => value * number)
}

function sum(all: readonly Resources[]): Resources {
  return combined(all, (values) => values.reduce((total, value) => total + value, 0))
}

function most(all: readonly Resources[]): Resources {
  return combined(all, (values) => Math.max(0, ...values))
}

function combined(all: readonly Resources[], by: (values: readonly number[]) => number): Resources {
  const amounts = (of: (resources: Resources) => Amounts): Amounts => ({
    cpu: by(all.map((each) => of(each).cpu)),
    memory: by(all.map((each) => of(each).memory)),
  })
  return {
    pods: by(all.map(({ pods }) => pods)),
    requests: amounts(({ requests }) => requests),
    limits: amounts(({ limits }) => limits),
  }
}
