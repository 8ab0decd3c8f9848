import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'

export interface AmqpLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly vhost: string
}

const CONNECT_TIMEOUT_MS = 30_000

/** One channel with publisher confirms, on a connection of its own. What the broker refuses rejects with its text. */
export class AmqpChannel {
  readonly #connection: ChannelModel
  readonly #channel: ConfirmChannel
  readonly #failure: Promise<never>

  private constructor(connection: ChannelModel, channel: ConfirmChannel) {
    this.#connection = connection
    this.#channel = channel
    // Comes before the rejections of what is pending, which only say that the channel is closed.
    this.#failure = new Promise((_, reject) => {
      connection.on('error', reject)
      channel.on('error', reject)
    })
    this.#failure.catch(() => {})
  }

  /** @throws Error where the broker does not accept the login or the vhost */
  static async open({ host, port, user, password, vhost }: AmqpLogin): Promise<AmqpChannel> {
    const login = { hostname: host, port, username: user, password, vhost }
    const connection = await connect(login, { timeout: CONNECT_TIMEOUT_MS })
    return new AmqpChannel(connection, await connection.createConfirmChannel())
  }

  /** Resolves once a persistent message is confirmed; rejects where a queue or the broker refuses it. */
  async publish(exchange: string, key: string, body: string): Promise<void> {
    const confirmed = Promise.withResolvers<void>()
    this.#channel.publish(exchange, key, Buffer.from(body), { persistent: true }, (error: Error | null) =>
      error ? confirmed.reject(error) : confirmed.resolve(),
    )
    await Promise.race([this.#failure, confirmed.promise])
  }

  async declareQueue(name: string): Promise<void> {
    await this.#channel.assertQueue(name)
  }

  /** The body of the queue's first message, which leaves the queue; undefined where it has none. */
  async get(queue: string): Promise<string | undefined> {
    const message = await this.#channel.get(queue, { noAck: true })
    return message === false ? undefined : message.content.toString()
  }

  /** The connection too. Safe on one that the broker has closed. */
  async close(): Promise<void> {
    await this.#connection.close().catch(() => {})
  }
}
