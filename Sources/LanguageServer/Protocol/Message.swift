import Foundation

/// The identity of a request (JSON-RPC 2.0, section 4).
enum RequestID: Hashable, Codable {
  case number(Int)
  case text(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}

/// What every message has.
struct Envelope: Decodable {
  /// The identity of a request, or of the answer to one of ours.
  var id: RequestID?
  /// What is asked for; nil in an answer.
  var method: String?
}

/// The parameters of a message.
struct Parameters<Content: Decodable>: Decodable {
  /// The parameters.
  var params: Content
}

/// Why a request was not answered (JSON-RPC 2.0, section 5.1, and the Language Server Protocol).
struct ResponseError: Error, Hashable, Codable {
  /// The number of the reason.
  var code: Int
  /// The reason in words.
  var message: String

  static func notJSON(_ message: String) -> ResponseError { ResponseError(code: -32700, message: message) }
  static func invalidRequest(_ message: String) -> ResponseError { ResponseError(code: -32600, message: message) }
  static func unknownMethod(_ name: String) -> ResponseError {
    ResponseError(code: -32601, message: "unknown method `\(name.prefix(100))`")
  }
  static func invalidParameters(_ message: String) -> ResponseError { ResponseError(code: -32602, message: message) }
  static let notInitialized = ResponseError(code: -32002, message: "the server is not initialized")
  static func failed(_ message: String) -> ResponseError { ResponseError(code: -32803, message: message) }
}

/// Messages that leave.
enum Outgoing {
  private struct Success<Result: Encodable>: Encodable {
    var jsonrpc = "2.0"
    var id: RequestID
    var result: Result
  }

  private struct Failure: Encodable {
    var jsonrpc = "2.0"
    var id: RequestID?
    var error: ResponseError

    enum CodingKeys: CodingKey { case jsonrpc, id, error }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(jsonrpc, forKey: .jsonrpc)
      // An error about a message whose identity is not known has the identity null.
      try container.encode(id, forKey: .id)
      try container.encode(error, forKey: .error)
    }
  }

  private struct Notification<Content: Encodable>: Encodable {
    var jsonrpc = "2.0"
    var method: String
    var params: Content
  }

  /// The answer to a request.
  static func success(_ id: RequestID, _ result: some Encodable) -> [UInt8] { encode(Success(id: id, result: result)) }

  /// That a request, or a message that may have been one, cannot be answered.
  static func failure(_ id: RequestID?, _ error: ResponseError) -> [UInt8] { encode(Failure(id: id, error: error)) }

  /// A notification.
  static func notification(_ method: String, _ params: some Encodable) -> [UInt8] {
    encode(Notification(method: method, params: params))
  }

  private static func encode(_ message: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // The messages are made of texts and finite numbers, which have always a form in JSON.
    return (try? encoder.encode(message)).map(Array.init) ?? []
  }
}
