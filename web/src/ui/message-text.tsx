import type { Message } from '../state/messages.ts'
import { partsOf, type Part } from '../state/text.ts'
import { word } from '../words.ts'

/** The text of a message. Addresses become links, and nothing is fetched from them. */
export function MessageText({ message, me }: { readonly message: Message; readonly me: string }) {
  if (message.gone) return <p class="gone">{word(message.gone)}</p>
  return (
    <p class="text" dir="auto">
      <Parts body={message.body} me={me} />
    </p>
  )
}

function Parts({ body, me }: { readonly body: string; readonly me: string }) {
  return (
    <>
      {partsOf(body).map((part, index) => (
        <PartOfText key={index} part={part} me={me} />
      ))}
    </>
  )
}

function PartOfText({ part, me }: { readonly part: Part; readonly me: string }) {
  const { text } = part
  if (part.kind === 'mention') return <bdi class={text === `@${me}` ? 'mention is-me' : 'mention'}>{text}</bdi>
  if (part.kind !== 'link') return <>{text}</>
  const { href } = part
  // Letters of other scripts can look like those of a known host: the title shows what the browser opens.
  const title = href === text || href === `${text}/` ? {} : { title: href }
  return (
    <a href={href} {...title} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  )
}
