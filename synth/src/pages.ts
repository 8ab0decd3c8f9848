export { environmentPages } from './diagram/pages.ts'
export { alertsPage } from './reference/alerts.ts'
export { type Rule, type RuleFile, alertsOf, fullest, ruleFile, watched } from './reference/monitoring.ts'
export { platformPages } from './reference/pages.ts'
