import { fieldSwitch, held } from './field-switch.ts'

export const hibernate = fieldSwitch({
  name: 'hibernate',
  summary: 'scales all services to zero; nobody can chat until "wake"',
  about: 'Sets spec.hibernated: every service has zero pods. Everything else stays, and "wake" brings it back.',
  example: 'for the night',
  field: 'hibernated',
  to: true,
  what(chatApp) {
    const { api, websocket } = chatApp.status ?? {}
    const pods = (api?.ready ?? 0) + (websocket?.ready ?? 0)
    const open = `${pods} ready pods end, and every connection is closed`
    return `${open}. Nobody can chat until "wake". Database and objects stay.${held(chatApp)}`
  },
  already: 'is hibernated already',
  done: 'is hibernated',
})
