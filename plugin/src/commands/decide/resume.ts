import { fieldSwitch } from './field-switch.ts'

export const resume = fieldSwitch({
  name: 'resume',
  summary: 'ends "pause"',
  about: 'Clears spec.paused: the operator makes everything as the spec asks again.',
  example: 'after the work by hand',
  field: 'paused',
  to: false,
  what: () => 'the operator takes back what was changed by hand, and rolls out what has waited.',
  already: 'is not paused',
  done: 'is no longer paused',
})
