import type { Message } from '../state/messages.ts'
import { word } from '../words.ts'

/** Addresses and mentions; everything else is plain text. */
const TOKENS = /(https?:\/\/[^\s<>"]+|@[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63})/u

/** The text of a message. Addresses become links, and nothing is fetched from them. */
export function MessageText({ message, me }: { readonly message: Message; readonly me: string }) {
  if (message.gone) return <p class="gone">{word(message.gone)}</p>
  return (
    <p class="text">
      {message.body.split(TOKENS).map((part, index) => (
        <Part key={index} text={part} me={me} />
      ))}
    </p>
  )
}

function Part({ text, me }: { readonly text: string; readonly me: string }) {
  if (/^https?:\/\//.test(text))
    return (
      <a href={text} target="_blank" rel="noopener noreferrer nofollow">
        {text}
      </a>
    )
  if (text.startsWith('@') && text.length > 1)
    return <span class={text === `@${me}` ? 'mention is-me' : 'mention'}>{text}</span>
  return <>{text}</>
}
