import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'

export interface AmqpLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly vhost: string
}

const CONNECT_TIMEOUT_MS = 30_000

/** A channel with publisher confirms on its own connection. A refused operation rejects with the text of the broker. */
export class AmqpChannel {
  readonly #connection: ChannelModel
  readonly #channel: ConfirmChannel
  readonly #failure: Promise<never>

  private constructor(connection: ChannelModel, channel: ConfirmChannel) {
    this.#connection = connection
    this.#channel = channel
    // Rejects before pending operations do, whose error is only that the channel is closed.
    this.#failure = new Promise((_, reject) => {
      connection.on('error', reject)
      channel.on('error', reject)
    })
    this.#failure.catch(() => {})
  }

  /** @throws Error if the broker refuses the login or the vhost */
  static async open({ host, port, user, password, vhost }: AmqpLogin): Promise<AmqpChannel> {
    const login = { hostname: host, port, username: user, password, vhost }
    const connection = await connect(login, { timeout: CONNECT_TIMEOUT_MS })
    return new AmqpChannel(connection, await connection.createConfirmChannel())
  }

  /** Publishes a persistent message and waits for its confirmation. @throws Error if a queue or the broker refuses it */
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

  /** Removes the first message from the queue and returns its body; undefined if the queue is empty. */
  async get(queue: string): Promise<string | undefined> {
    const message = await this.#channel.get(queue, { noAck: true })
    return message === false ? undefined : message.content.toString()
  }

  /** Closes the channel and the connection. Does nothing if the broker has closed the connection. */
  async close(): Promise<void> {
    await this.#connection.close().catch(() => {})
  }
}
