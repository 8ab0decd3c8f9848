/**
 * The forms that names of objects have (https://kubernetes.io/docs/concepts/overview/working-with-objects/names). Names come
 * from files and from the cluster, and become arguments of kubectl, which takes for an option what begins with "-". No object
 * can have a name of another form.
 */
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
const LABEL_FORM = new RegExp(`^${LABEL}$`)
const SUBDOMAIN_FORM = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const MAX_LABEL_CHARACTERS = 63
const MAX_SUBDOMAIN_CHARACTERS = 253

export const NAME_RULE =
  'give a name of lowercase letters, digits and "-" that begins and ends with a letter or a digit'

/** Whether a namespace can have this name (RFC 1123 label). */
export function isLabel(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_LABEL_CHARACTERS && LABEL_FORM.test(value)
}

/** Whether any object, such as a Secret, can have this name (RFC 1123 subdomain). */
export function isSubdomain(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SUBDOMAIN_CHARACTERS && SUBDOMAIN_FORM.test(value)
}
