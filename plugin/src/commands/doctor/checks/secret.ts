/** A Secret with its values, in base64. No value leaves the checks. */
export interface Secret {
  readonly metadata: { readonly name: string }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>> | null
}
