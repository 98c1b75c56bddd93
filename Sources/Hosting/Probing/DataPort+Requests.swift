import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A request without a body.
public struct ProbeRequest: Hashable, Sendable {
  /// The method.
  public var method: String
  /// The path, with a query where there is one.
  public var target: String
  /// Further fields.
  public var fields: [String: String]

  /// A request.
  public init(method: String, target: String, fields: [String: String] = [:]) {
    self.method = method
    self.target = target
    self.fields = fields
  }
}

/// The head of an answer.
public struct ProbeAnswer: Sendable {
  /// The status.
  public var status: Int
  /// The fields in their order, with names in lower case.
  public var fields: [(name: String, value: String)]

  /// An answer.
  public init(status: Int, fields: [(name: String, value: String)]) {
    self.status = status
    self.fields = fields
  }

  /// The values of a field, in their order; `name` in lower case.
  public func values(of name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

/// What came of a conversation with a data port.
public enum ProbeConversation: Sendable {
  /// The answers to the requests, in their order; as many as came before the connection ended.
  case answers([ProbeAnswer])
  /// No connection, no handshake or no HTTP; the text says what was seen instead.
  case none(String)
}

extension DataPort {
  /// What a connection is made of.
  public enum Transport: Hashable, Sendable {
    /// Nothing but TCP.
    case clear
    /// TLS, whose server must show this certificate (DER) and nothing else, and have its key; `name` is asked for (SNI).
    case tls(certificate: [UInt8], name: String?)
  }

  /// Sends requests on one connection, each when the one before was answered.
  public func ask(
    _ requests: [ProbeRequest], over transport: Transport, deadline: Duration
  ) async throws(HostingFault) -> ProbeConversation {
    guard let connection = try await connected(within: deadline) else { return .none("no connection") }
    let socket = try connection.duplicate()
    return await withTaskGroup(of: ProbeConversation.self) { group in
      group.addTask { await DataPort.converse(requests, on: socket, over: transport) }
      group.addTask {
        try? await Task.sleep(for: deadline)
        return .none("no answer within \(deadline)")
      }
      let first = await group.next() ?? .none("no answer")
      group.cancelAll()
      return first
    }
  }

  private typealias HTTPChannel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  private static func converse(
    _ requests: [ProbeRequest], on socket: Int32, over transport: Transport
  ) async -> ProbeConversation {
    var answers: [ProbeAnswer] = []
    do {
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .withConnectedSocket(socket) { channel in
          channel.eventLoop.makeCompletedFuture {
            if case .tls(let certificate, let name) = transport {
              try channel.pipeline.syncOperations.addHandler(handshake(certificate: certificate, name: name))
            }
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try HTTPChannel(wrappingChannelSynchronously: channel)
          }
        }
      try await channel.executeThenClose { inbound, outbound in
        var parts = inbound.makeAsyncIterator()
        for request in requests {
          try await outbound.write(contentsOf: [.head(request.head), .end(nil)])
          var answer: ProbeAnswer?
          answer: while let part = try await parts.next() {
            switch part {
            case .head(let head) where (100...199).contains(head.status.code): continue
            case .head(let head):
              answer = ProbeAnswer(
                status: Int(head.status.code), fields: head.headers.map { ($0.name.lowercased(), $0.value) })
            case .body: continue
            case .end: break answer
            }
          }
          guard let answer else { break }
          answers.append(answer)
        }
      }
    } catch {
      // The other side may close first, having answered all.
      if answers.isEmpty { return .none(text(of: error)) }
    }
    return answers.isEmpty && !requests.isEmpty ? .none("the connection was closed") : .answers(answers)
  }

  /// The client's side of TLS that takes one certificate only. That the server has its key is part of the handshake.
  private static func handshake(certificate: [UInt8], name: String?) throws -> NIOSSLClientHandler {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    // Which certificate it must be is known; a name adds nothing.
    configuration.certificateVerification = .noHostnameVerification
    let context = try NIOSSLContext(configuration: configuration)
    return try NIOSSLClientHandler(context: context, serverHostname: name) { shown, promise in
      let isRight = shown.first.map { (try? $0.toDERBytes()) == certificate } ?? false
      promise.succeed(isRight ? .certificateVerified : .failed)
    }
  }

  private static func text(of error: any Error) -> String {
    switch error {
    case is HTTPParserError: "bytes that are no HTTP"
    case is NIOSSLError, is BoringSSLError: "no TLS handshake"
    case is IOError, is ChannelError: "the connection was closed"
    default: "\(error)"
    }
  }
}

extension ProbeRequest {
  fileprivate var head: HTTPRequestHead {
    var headers: HTTPHeaders = ["host": "testudo"]
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { headers.add(name: name, value: value) }
    return HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: target, headers: headers)
  }
}
