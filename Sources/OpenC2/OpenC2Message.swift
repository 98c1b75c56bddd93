public import Foundation

/// A message of OpenC2 on its way in: a command, and what its answer must name (Transfer of OpenC2 Messages via HTTPS 1.1,
/// 3.3.2; of 1.0, whose bodies are the command itself, 3.3).
public struct OpenC2Message: Sendable {
  /// The media type of 1.1.
  public static let mediaType = "application/openc2+json;version=1.0"
  /// The media types of 1.0, of commands and of answers.
  public static let formerMediaTypes = (
    command: "application/openc2-cmd+json;version=1.0", response: "application/openc2-rsp+json;version=1.0"
  )

  /// Which version of the transfer it came by.
  public enum Form: Hashable, Sendable {
    /// 1.1: with headers around it.
    case wrapped
    /// 1.0: bare.
    case bare

    /// The media type of answers.
    public var answerType: String {
      switch self {
      case .wrapped: OpenC2Message.mediaType
      case .bare: OpenC2Message.formerMediaTypes.response
      }
    }
  }

  /// How it came.
  public var form: Form
  /// Its identifier, which the answer repeats.
  public var request: String?
  /// The command, or why there is none.
  public var command: Result<OpenC2Command, OpenC2Refusal>

  /// Reads a message. Whatever is wrong with it is in `command`, so that the answer can name what it answers.
  /// - Parameters:
  ///   - data: The body.
  ///   - form: How it came, by its media type.
  ///   - identifier: What the field `X-Request-ID` has.
  ///   - now: What times are reckoned from, in milliseconds since 1970.
  public init(_ data: Data, form: Form, identifier: String?, now: Int) {
    self.form = form
    request = identifier
    let decoder = JSONDecoder()
    decoder.userInfo[.now] = now
    decoder.userInfo[.form] = form
    do {
      let body = try decoder.decode(Body.self, from: data)
      request = body.request ?? identifier
      command = body.command
    } catch let refusal as OpenC2Refusal {
      command = .failure(refusal)
    } catch {
      command = .failure(OpenC2Refusal(.badRequest, "the body is no JSON object"))
    }
  }

  /// The answer's body.
  /// - Parameters:
  ///   - response: What is answered.
  ///   - now: The time, in milliseconds since 1970.
  public func answer(_ response: OpenC2Response, now: Int) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    switch form {
    case .bare: return try encoder.encode(response)
    case .wrapped:
      return try encoder.encode(
        Wrapped(
          headers: .init(request_id: request, created: now), body: .init(openc2: .init(response: response))))
    }
  }

  private struct Wrapped: Encodable {
    struct Headers: Encodable {
      var request_id: String?
      var created: Int
    }
    struct Body: Encodable {
      struct Content: Encodable { var response: OpenC2Response }
      var openc2: Content
    }
    var headers: Headers
    var body: Body
  }

  private struct Body: Decodable {
    var request: String?
    var command: Result<OpenC2Command, OpenC2Refusal>

    init(from decoder: any Decoder) throws {
      let now = decoder.userInfo[.now] as? Int ?? 0
      guard decoder.userInfo[.form] as? Form == .wrapped else {
        let fields = try Fields(decoder, "the command", known: OpenC2Command.members)
        command = Result { () throws(OpenC2Refusal) in try OpenC2Command(fields, now: now) }
        return
      }
      let message = try Fields(decoder, "the message", known: ["headers", "body", "signature"])
      if let headers = try message.object("headers") { request = try headers.text("request_id") }
      command = Result { () throws(OpenC2Refusal) in
        guard !message.names.contains("signature") else {
          throw OpenC2Refusal(.notImplemented, "the message has a `signature`, of which nothing is understood")
        }
        guard let body = try message.object("body", known: ["openc2"]),
          let content = try body.object("openc2", known: ["request"]),
          let fields = try content.object("request", known: OpenC2Command.members)
        else { throw OpenC2Refusal(.badRequest, "the message has no command, expected it as body.openc2.request") }
        return try OpenC2Command(fields, now: now)
      }
    }
  }
}

extension CodingUserInfoKey {
  fileprivate static let now = CodingUserInfoKey(rawValue: "now")!
  fileprivate static let form = CodingUserInfoKey(rawValue: "form")!
}
