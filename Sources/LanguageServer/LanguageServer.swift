import Foundation
import TOSCA

/// A language server for TOSCA (Language Server Protocol 3.17), as a state machine: messages and the time come in,
/// messages go out. It opens no stream and starts no thread.
///
/// Bad messages are answered with the errors of JSON-RPC; none stops it.
public struct LanguageServer {
  /// What the protocol lets the server do now.
  enum Phase { case new, running, shutDown }

  /// The status to exit with, once the client has asked for that: 0 after an orderly shutdown, else 1.
  public private(set) var exitStatus: Int32?
  /// When `wake` is due; nil where nothing waits.
  public private(set) var deadline: ContinuousClock.Instant?

  let configuration: Configuration
  var workspace: Workspace
  /// What was last published, by path.
  var published: [String: [Diagnostic]] = [:]
  private var phase = Phase.new

  /// A server that waits for a client.
  public init(_ configuration: Configuration) {
    self.configuration = configuration
    workspace = Workspace(configuration: configuration, encoding: .utf16)
  }

  /// Takes the body of a message.
  /// - Returns: The bodies of the messages that leave.
  public mutating func receive(_ body: [UInt8], at now: ContinuousClock.Instant) -> [[UInt8]] {
    let data = Data(body)
    let envelope: Envelope
    do {
      envelope = try JSONDecoder().decode(Envelope.self, from: data)
    } catch DecodingError.dataCorrupted {
      return [Outgoing.failure(nil, .notJSON("the message is not JSON"))]
    } catch {
      return [Outgoing.failure(nil, .invalidRequest("the message is no JSON-RPC 2.0 request"))]
    }
    guard let method = envelope.method else {
      // The server asks for nothing, so an answer is to nothing; something else is a mistake.
      return envelope.id == nil ? [Outgoing.failure(nil, .invalidRequest("the message has no method"))] : []
    }
    guard let id = envelope.id else {
      return notification(method, data, now)
    }
    do {
      return [try request(method, id, data)]
    } catch let error as ResponseError {
      return [Outgoing.failure(id, error)]
    } catch {
      return [Outgoing.failure(id, .invalidParameters("the parameters of `\(method.prefix(100))` are not right"))]
    }
  }

  /// What is to be said of a stream that is not as the protocol asks.
  public func complain(about event: MessageBuffer.Event) -> [[UInt8]] {
    switch event {
    case .message: []
    case .malformedHeader:
      [Outgoing.failure(nil, .notJSON("the header of a message is malformed: expected `Content-Length`"))]
    case .tooLong(let length):
      [Outgoing.failure(nil, .invalidRequest("a message of \(length) bytes is longer than allowed"))]
    }
  }

  /// Does what was put off until now.
  public mutating func wake(at now: ContinuousClock.Instant) -> [[UInt8]] {
    guard let deadline, deadline <= now else { return [] }
    self.deadline = nil
    return publish()
  }

  // MARK: Requests

  private mutating func request(_ method: String, _ id: RequestID, _ data: Data) throws -> [UInt8] {
    switch phase {
    case .new where method != "initialize": throw ResponseError.notInitialized
    case .shutDown: throw ResponseError.invalidRequest("the server is shut down")
    case .running where method == "initialize": throw ResponseError.invalidRequest("the server is initialized")
    default: break
    }
    switch method {
    case "initialize": return Outgoing.success(id, try initialize(Self.parameters(data)))
    case "shutdown":
      phase = .shutDown
      return Outgoing.success(id, Nothing?.none)
    case "textDocument/completion": return Outgoing.success(id, try completion(Self.parameters(data)))
    case "textDocument/hover": return Outgoing.success(id, try hover(Self.parameters(data)))
    case "textDocument/definition": return Outgoing.success(id, try definition(Self.parameters(data)))
    case "textDocument/references": return Outgoing.success(id, try references(Self.parameters(data)))
    case "textDocument/documentHighlight": return Outgoing.success(id, try highlights(Self.parameters(data)))
    case "textDocument/documentSymbol": return Outgoing.success(id, try symbols(Self.parameters(data)))
    case "textDocument/codeAction": return Outgoing.success(id, try actions(Self.parameters(data)))
    case "textDocument/prepareRename": return Outgoing.success(id, try prepareRename(Self.parameters(data)))
    case "textDocument/rename": return Outgoing.success(id, try rename(Self.parameters(data)))
    default: throw ResponseError.unknownMethod(method)
    }
  }

  private static func parameters<Content: Decodable>(_ data: Data) throws -> Content {
    try JSONDecoder().decode(Parameters<Content>.self, from: data).params
  }

  private mutating func initialize(_ parameters: InitializeParameters) throws(ResponseError) -> InitializeResult {
    var tolerances: Tolerance = []
    for name in parameters.initializationOptions?.tolerate ?? [] {
      guard let tolerance = Tolerance(name: name) else {
        throw .invalidParameters("unknown tolerance `\(name.prefix(100))`, expected \(Tolerance.expectation)")
      }
      tolerances.formUnion(tolerance)
    }
    var folders = (parameters.workspaceFolders ?? []).compactMap { FileURI.path($0.uri) }
    if folders.isEmpty {
      folders = [parameters.rootUri.flatMap(FileURI.path) ?? parameters.rootPath].compactMap(\.self)
    }
    let encoding = PositionEncoding(preferred: parameters.capabilities?.general?.positionEncodings)
    workspace = Workspace(
      configuration: configuration, encoding: encoding, folders: folders, tolerances: tolerances,
      isStrict: parameters.initializationOptions?.strict ?? false)
    phase = .running
    return InitializeResult(
      capabilities: InitializeResult.Capabilities(positionEncoding: encoding.rawValue),
      serverInfo: InitializeResult.Info(name: "testudo", version: configuration.version))
  }

  // MARK: Notifications

  private mutating func notification(_ method: String, _ data: Data, _ now: ContinuousClock.Instant) -> [[UInt8]] {
    if method == "exit" {
      exitStatus = phase == .shutDown ? 0 : 1
      return []
    }
    guard phase == .running else { return [] }
    do {
      switch method {
      case "textDocument/didOpen": return try open(Self.parameters(data), now)
      case "textDocument/didChange":
        let parameters: ChangeParameters = try Self.parameters(data)
        guard let path = path(parameters.textDocument.uri) else { return [] }
        workspace.change(path, version: parameters.textDocument.version, parameters.contentChanges)
      case "textDocument/didClose":
        let parameters: DocumentParameters = try Self.parameters(data)
        guard let path = path(parameters.textDocument.uri) else { return [] }
        workspace.close(path)
      case "textDocument/didSave", "workspace/didChangeWatchedFiles": workspace.touch(files: true)
      default: return []
      }
    } catch {
      // A notification has no answer; the client is told all the same, since its document is not as it thinks.
      let text = "the parameters of `\(method.prefix(100))` are not right"
      return [Outgoing.notification("window/showMessage", ShowMessageParameters(type: 1, message: text))]
    }
    deadline = now + configuration.quietTime
    return []
  }

  private mutating func open(_ parameters: OpenParameters, _ now: ContinuousClock.Instant) throws -> [[UInt8]] {
    let document = parameters.textDocument
    guard let path = path(document.uri) else { return [] }
    deadline = now + configuration.quietTime
    if workspace.open(path, uri: document.uri, version: document.version, text: document.text) { return [] }
    let text = "more than \(configuration.openDocuments) documents are open; `\(document.uri)` is left alone"
    return [Outgoing.notification("window/showMessage", ShowMessageParameters(type: 2, message: text))]
  }

  /// The path of a document, without links; nil where it is no file.
  func path(_ uri: String) -> String? { FileURI.path(uri).map { FileURI.resolved($0) } }
}
