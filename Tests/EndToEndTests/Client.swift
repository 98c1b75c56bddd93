import Foundation
import Testing

/// What a client got for a request. The status is 0 and the exit status of curl says why where there was no answer.
struct Answer: Sendable {
  var status: Int
  var headers: [String: String]
  var body: String
  var curl: Int32
}

/// Who asks.
enum Credentials: Sendable {
  case none
  case password(String, String)
  case token(String)

  static let reader = Credentials.password("rita", "reading-room")
  static let clerk = Credentials.password("carl", "counting-house")

  var arguments: [String] {
    switch self {
    case .none: []
    case .password(let name, let password): ["-u", "\(name):\(password)"]
    case .token(let token): ["-H", "Authorization: Bearer \(token)"]
    }
  }
}

/// Requests, made with curl as a client of the service would.
enum Client {
  static var curl: String { Testbed.path(of: "curl") ?? "curl" }

  /// curl's exit status for an answer that did not come in time.
  static let timedOut: Int32 = 28

  /// Makes one request; from within a network namespace where one is named.
  static func request(
    _ method: String = "GET", _ url: String, as credentials: Credentials = .none, body: String? = nil,
    from namespace: String? = nil, timeout: Int = 10, with arguments: [String] = []
  ) async throws -> Answer {
    var words = [curl, "-s", "-i", "-X", method, "--max-time", "\(timeout)"] + credentials.arguments + arguments
    if let body { words += ["--data-binary", body, "-H", "Content-Type: text/plain"] }
    words.append(url)
    if let namespace { words = [Testbed.path(of: "ip") ?? "ip", "netns", "exec", namespace] + words }
    let outcome = try await Command.run(words[0], Array(words.dropFirst()), deadline: Double(timeout + 5))
    return answer(outcome)
  }

  /// Makes one request with the words that curl is given.
  static func perform(_ words: [String], timeout: Int = 10) async throws -> Answer {
    answer(
      try await Command.run(
        curl, ["-s", "-i", "--max-time", "\(timeout)"] + words, deadline: Double(timeout + 5)))
  }

  private static func answer(_ outcome: Outcome) -> Answer {
    let text = outcome.output.replacing("\r\n", with: "\n")
    guard let end = text.firstRange(of: "\n\n") else {
      return Answer(status: 0, headers: [:], body: "", curl: outcome.status)
    }
    let lines = text[..<end.lowerBound].split(separator: "\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: String(text[end.upperBound...]), curl: outcome.status)
  }
}

/// Clients that request without pause until they are told to stop.
actor Crowd {
  private var isOver = false
  private var statuses: [String: [String: Int]] = [:]
  private var clients: [Task<Void, any Error>] = []

  /// Calls `body` with a crowd, and sends it home afterwards, also when that fails.
  static func gathered<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (Crowd) async throws -> Result
  ) async throws -> Result {
    let crowd = Crowd()
    do {
      let result = try await body(crowd)
      _ = try await crowd.stop()
      return result
    } catch {
      _ = try? await crowd.stop()
      throw error
    }
  }

  /// Adds a client that asks for one address, so many times on one connection. The statuses it gets are kept under `name`.
  func add(_ name: String, _ url: String, _ arguments: String..., batch: Int = 200) {
    clients.append(
      Task {
        while !isOver {
          let words = ["-s", "-o", "/dev/null", "-w", "%{http_code}\\n", "--max-time", "30"] + arguments
          note(name, try await Command.run(Client.curl, words + ["\(url)?[1-\(batch)]"]))
        }
      })
  }

  private func note(_ name: String, _ outcome: Outcome) {
    for line in outcome.output.split(separator: "\n") { statuses[name, default: [:]][String(line), default: 0] += 1 }
    if outcome.status != 0 { statuses[name, default: [:]]["curl failed: \(outcome.status)", default: 0] += 1 }
  }

  /// How many requests were answered, or failed.
  var count: Int { statuses.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// Sends the clients home, and gives how often each of them met which status.
  func stop() async throws -> [String: [String: Int]] {
    isOver = true
    for client in clients { try await client.value }
    return statuses
  }
}
