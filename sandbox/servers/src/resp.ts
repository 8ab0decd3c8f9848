import { connect } from 'node:net'

export interface RespServer {
  readonly host: string
  readonly port: number
  readonly password: string
}

const timeoutMs = 3000

/** Sends one command to a Redis server over a connection of its own. A list comes back as lines; an error reply rejects. */
export function ask({ host, port, password }: RespServer, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    let received = ''
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(timeoutMs, () => fail(new Error(`redis ${port}: no answer to ${words[0]}`)))
    socket.on('error', fail)
    socket.on('close', () => reject(new Error(`redis ${port}: closed the connection`)))
    socket.write(encode(['AUTH', password]) + encode(words))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const first = parse(received, 0)
      const second = first && parse(received, first.end)
      if (!second) return
      socket.destroy()
      if (second.value instanceof Error) reject(second.value)
      else resolve(second.value)
    })
  })
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

interface Reply {
  readonly value: string | Error
  readonly end: number
}

/** Undefined while the reply is not complete. */
function parse(text: string, start: number): Reply | undefined {
  const lineEnd = text.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const line = text.slice(start + 1, lineEnd)
  const end = lineEnd + 2
  switch (text[start]) {
    case '-':
      return { value: new Error(line), end }
    case '$':
      return parseBulk(text, end, Number(line))
    case '*':
      return parseList(text, end, Number(line))
    default:
      return { value: line, end }
  }
}

function parseBulk(text: string, start: number, length: number): Reply | undefined {
  if (length < 0) return { value: '', end: start }
  const end = start + length + 2
  return text.length < end ? undefined : { value: text.slice(start, start + length), end }
}

function parseList(text: string, start: number, length: number): Reply | undefined {
  const lines: string[] = []
  let end = start
  for (let index = 0; index < length; index += 1) {
    const item = parse(text, end)
    if (!item) return undefined
    lines.push(String(item.value))
    end = item.end
  }
  return { value: lines.join('\n'), end }
}
