import type { Chat } from '../state/chat.ts'

/** What a person is called. Display names are not unique, so the name stands beside one. */
export function PersonName({ chat, user }: { readonly chat: Chat; readonly user: string }) {
  const name = chat.people.nameOf(user)
  if (chat.people.isDeleted(user)) return <em>{name}</em>
  return (
    <>
      <bdi>{name}</bdi>
      {name !== user && (
        <>
          {' '}
          <small class="name">@{user}</small>
        </>
      )}
    </>
  )
}
