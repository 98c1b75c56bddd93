import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OpenC2
import Orchestration

// Commands of OpenC2 for packet filters, transferred over HTTPS (1.1, and the bare bodies of 1.0).

extension APIServer {
  func addCommands(to router: Router<BasicRequestContext>) {
    let orchestrator = orchestrator
    router.post(".well-known/openc2") { request, _ in
      let now = Int(Date().timeIntervalSince1970 * 1000)
      let identifier = request.headers[HTTPField.Name("X-Request-ID")!]
      guard let form = Self.form(of: request) else {
        let message = OpenC2Message(Data(), form: .wrapped, identifier: identifier, now: now)
        return try Self.answer(
          message,
          OpenC2Response(
            OpenC2Refusal(
              .badRequest,
              "the content type is not `\(OpenC2Message.mediaType)`, or of 1.0 "
                + "`\(OpenC2Message.formerMediaTypes.command)`")))
      }
      let buffer = try await request.body.collect(upTo: .max)
      let message = OpenC2Message(Data(buffer.readableBytesView), form: form, identifier: identifier, now: now)
      let tenant = request.tenant
      let requested = (try? message.command.get())?.arguments.response ?? .complete
      do throws(OpenC2Refusal) {
        let order = try PacketFilterOrder(try message.command.get())
        // Who wants no answer, or none yet, does not wait until every image has acknowledged it.
        let response = try await orchestrator.carryOut(
          order, tenant: tenant, request: message.request, waits: requested == .complete)
        return requested == .none ? Response(status: .ok) : try Self.answer(message, response)
      } catch {
        return requested == .none ? Response(status: .ok) : try Self.answer(message, OpenC2Response(error))
      }
    }
  }

  func addPacketRules(to api: RouterGroup<BasicRequestContext>) {
    let rules = orchestrator.packetRules
    api.get("packet-rules") { request, _ in
      try Answer.json(rules.all(of: request.tenant).map(PacketRuleStatus.init))
    }
  }

  /// How a message comes, by its media type; `nil` where it is none of OpenC2's.
  private static func form(of request: Request) -> OpenC2Message.Form? {
    let type = request.headers[.contentType]?.lowercased().filter { !$0.isWhitespace }
    return switch type {
    case OpenC2Message.mediaType: .wrapped
    case OpenC2Message.formerMediaTypes.command: .bare
    default: nil
    }
  }

  private static func answer(_ message: OpenC2Message, _ response: OpenC2Response) throws(OpenC2Refusal) -> Response {
    let body: Data
    do {
      body = try message.answer(response, now: Int(Date().timeIntervalSince1970 * 1000))
    } catch {
      throw OpenC2Refusal(.internalError, "the answer cannot be written")
    }
    // 102 is no final status of HTTP: that a command is under way, only the message says.
    return Response(
      status: .init(code: response.status == 102 ? 200 : response.status),
      headers: [.contentType: message.form.answerType, .cacheControl: "no-cache"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}
