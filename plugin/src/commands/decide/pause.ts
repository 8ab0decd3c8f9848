import { fieldSwitch } from './field-switch.ts'

export const pause = fieldSwitch({
  name: 'pause',
  summary: 'the operator changes nothing until "resume"',
  about: 'Sets spec.paused: the operator writes nothing, so that you can change the objects by hand. Pods go on.',
  example: 'before you change an object by hand',
  field: 'paused',
  to: true,
  what: () => 'the operator repairs, scales and rolls out nothing until "resume". Its pods go on.',
  already: 'is paused already',
  done: 'is paused',
})
