import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Posts messages to webhooks, each over a connection of its own. It follows no redirection, and connects to no address that
/// is not of the scope that was declared: names are looked up once, and what was checked is what is connected to.
public struct WebhookClient: Sendable {
  /// How long a message may take to be answered.
  private static let deadline = TimeAmount.seconds(10)
  private static let connectDeadline = TimeAmount.seconds(5)
  private let group: MultiThreadedEventLoopGroup

  /// A client.
  public init() {
    group = .singleton
  }

  /// Sends a message, and returns once the receiver has taken it (2xx).
  public func deliver(
    _ message: WebhookMessage, to receiver: WebhookReceiver, signedWith keys: [[UInt8]], at second: Int
  ) async throws(WebhookFault) {
    let address = try await address(of: receiver)
    let status: Int
    do {
      status = try await post(message, to: receiver, at: address, message.fields(signedWith: keys, at: second))
    } catch let fault as WebhookFault {
      throw fault
    } catch {
      throw WebhookFault("`\(receiver.authority)` cannot be told: \(error)")
    }
    guard !(200...299).contains(status) else { return }
    throw WebhookFault("`\(receiver.authority)` answered \(status)", isFinal: status == 410)
  }

  /// The address to connect to, if it is of the scope that was declared.
  private func address(of receiver: WebhookReceiver) async throws(WebhookFault) -> SocketAddress {
    let (host, port) = (receiver.host, receiver.port)
    // The system's resolver may wait: not on a thread of Swift's own.
    let found: Result<[SocketAddress], WebhookFault> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: Self.lookUp(host, port)) }
    }
    let addresses = try found.get()
    let fitting = addresses.first {
      (AddressScope($0.addressBytes) == .local) == receiver.isPrivate
    }
    if let fitting { return fitting }
    throw WebhookFault(
      receiver.isPrivate
        ? "`\(host)` has no loopback, private or link-local address, as `private: true` says"
        : "`\(host)` has a loopback, private or link-local address, which only `private: true` allows")
  }

  private static func lookUp(_ host: String, _ port: Int) -> Result<[SocketAddress], WebhookFault> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let outcome = getaddrinfo(host, String(port), &hints, &list)
    guard outcome == 0 else { return .failure(WebhookFault("`\(host)`: " + String(cString: gai_strerror(outcome)))) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let address = entry.ai_addr else { continue }
      switch entry.ai_family {
      case AF_INET:
        address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { addresses.append(SocketAddress($0.pointee)) }
      case AF_INET6:
        address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { addresses.append(SocketAddress($0.pointee)) }
      default: continue
      }
    }
    return .success(addresses)
  }

  private func post(
    _ message: WebhookMessage, to receiver: WebhookReceiver, at address: SocketAddress,
    _ fields: [(name: String, value: String)]
  ) async throws -> Int {
    let context = try receiver.isEncrypted ? tlsContext(for: receiver) : nil
    let loop = group.next()
    let answered = loop.makePromise(of: Int.self)
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: loop).connectTimeout(Self.connectDeadline)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let context {
              let isAddress = (try? SocketAddress(ipAddress: receiver.host, port: 0)) != nil
              try pipeline.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : receiver.host))
            }
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(AnswerHandler(answered))
          }
        }
        .connect(to: address).get()
    } catch {
      answered.fail(error)
      return try await answered.futureResult.get()
    }
    let timeout = loop.scheduleTask(in: Self.deadline) {
      answered.fail(WebhookFault("`\(receiver.authority)` did not answer within 10 s"))
    }
    answered.futureResult.whenComplete { _ in
      timeout.cancel()
      channel.close(promise: nil)
    }
    var headers = HTTPHeaders([
      ("host", receiver.authority), ("content-type", "application/json"),
      ("content-length", String(message.body.count)), ("user-agent", "Testudo"), ("connection", "close"),
    ])
    for field in fields { headers.add(name: field.name, value: field.value) }
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: receiver.target, headers: headers)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: message.body))), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: answered)
    return try await answered.futureResult.get()
  }

  private func tlsContext(for receiver: WebhookReceiver) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if !receiver.authorities.isEmpty {
      configuration.trustRoots = .certificates(
        try receiver.authorities.map { try NIOSSLCertificate(bytes: $0, format: .der) })
    }
    return try NIOSSLContext(configuration: configuration)
  }
}

/// Takes the status of the answer; what follows it is not looked at.
private final class AnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  private let answered: EventLoopPromise<Int>

  init(_ answered: EventLoopPromise<Int>) { self.answered = answered }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // An interim answer is none (RFC 9110, 15.2).
    guard case .head(let head) = unwrapInboundIn(data), head.status.code >= 200 else { return }
    answered.succeed(Int(head.status.code))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    answered.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    answered.fail(WebhookFault("the connection was closed before there was an answer"))
    context.fireChannelInactive()
  }
}
