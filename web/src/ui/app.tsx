import { useEffect } from 'preact/hooks'
import { chat, stage } from '../state/app.ts'
import { word } from '../words.ts'
import { LogIn } from './log-in.tsx'
import { RoomList } from './room-list.tsx'
import { RoomView } from './room-view.tsx'

/** The whole page. */
export function App() {
  const open = chat.value
  const unread = open?.rooms.unreadTotal.value ?? 0
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${word('appName')}` : word('appName')
  }, [unread])
  if (stage.value === 'login') return <LogIn />
  if (!open) return <p class="starting">{word('connecting')}</p>
  const current = open.current.value
  return (
    <div class={current ? 'shell has-room' : 'shell'}>
      <RoomList chat={open} />
      <main>
        {!open.isConnected.value && (
          <p class="banner" role="status">
            {word('offline')}
          </p>
        )}
        {current ? (
          <RoomView key={current.room} chat={open} room={current} />
        ) : (
          <h1 class="empty">{word('chooseRoom')}</h1>
        )}
      </main>
    </div>
  )
}
