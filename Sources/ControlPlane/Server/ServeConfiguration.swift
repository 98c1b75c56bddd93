import Foundation
public import Orchestration
public import TOSCA

/// How a control plane serves: what `testudo serve` is told, on its command line or in a file. `Documentation/Operations.md`
/// describes the keys.
public struct ServeConfiguration: Sendable {
  /// The home folder; `nil` takes that of the environment.
  public var home: String?
  /// The library of modules; `nil` looks for it beside the program.
  public var library: String?
  /// An address and port to listen on besides the Unix socket.
  public var listen: String?
  /// The server's certificate, in PEM.
  public var certificate: String?
  /// Its key.
  public var key: String?
  /// The authority of clients' certificates.
  public var clientAuthority: String?
  /// Whether callers on a loopback address without TLS show tokens.
  public var tokens = false
  /// The address that clients know the decision points under.
  public var url: String?

  /// The most memory that instances may wait with for changes of levels, in bytes; `nil` leaves it as it was set.
  public var poolMemory: Int?

  /// A control plane that listens on its Unix socket only.
  public init() {}

  /// What a file says; what is wrong with it is in the findings, and those files that it names are read.
  public static func read(_ path: String) -> (configuration: ServeConfiguration, file: ConfigurationFile) {
    var file = ConfigurationFile(
      reading: path,
      keys: [
        "home": .text, "library": .text, "listen": .text, "certificate": .text, "key": .text,
        "client_authority": .text, "tokens": .boolean, "url": .text, "pool_memory": .text,
      ])
    var own = ServeConfiguration()
    own.home = file.path("home")
    own.library = file.path("library")
    own.listen = file.texts["listen"]
    own.certificate = file.path("certificate")
    own.key = file.path("key")
    own.clientAuthority = file.path("client_authority")
    own.tokens = file.booleans["tokens"] ?? false
    own.url = file.texts["url"]
    if let text = file.texts["pool_memory"] {
      own.poolMemory = ServeConfiguration.bytes(text)
      if own.poolMemory == nil {
        file.report("pool_memory", "`\(text)` is no amount of memory", expected: "bytes, such as 64MiB, or 0 for none")
      }
    }
    for mistake in own.mistakes { file.report(mistake.key, mistake.message, expected: mistake.expected) }
    if let library = own.library, !FileManager.default.fileExists(atPath: library + "/modules") {
      file.report(
        "library", "there is no library of modules in `\(library)`", expected: "the folder that `make library` makes")
    }
    if file.findings.isEmpty {
      do throws(OrchestrationFault) {
        _ = try own.listener()
      } catch {
        file.report("certificate", error.message, expected: "a certificate and its key, in PEM")
      }
    }
    return (own, file)
  }

  /// An amount of memory: a number, with a unit or without.
  public static func bytes(_ text: String) -> Int? {
    let units = ["KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000]
    let unit = units.first { text.hasSuffix($0.key) }
    let digits = text.dropLast(unit?.key.count ?? 0)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(digits) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit?.value ?? 1)
    return overflow || product > 1 << 40 ? nil : product
  }

  /// Something that cannot be as it is: the key, what is wrong, and what was expected.
  public struct Mistake: Hashable, Sendable {
    /// The key in a file; on the command line it has dashes.
    public var key: String
    /// What is wrong.
    public var message: String
    /// What was expected.
    public var expected: String
  }

  /// What is wrong with these settings together, as far as can be seen without reading other files.
  public var mistakes: [Mistake] {
    var mistakes: [Mistake] = []
    func add(_ key: String, _ message: String, _ expected: String) {
      mistakes.append(Mistake(key: key, message: message, expected: expected))
    }
    if let listen {
      if let address = ListenAddress(listen) {
        if !address.isLoopback, certificate == nil {
          add(
            "listen", "`\(listen)` can be reached by others, and there is no certificate",
            "`certificate` and `key`, or 127.0.0.1:PORT")
        }
      } else {
        add(
          "listen", "`\(listen)` is no address to listen on", "ADDRESS:PORT, [IPV6]:PORT or localhost:PORT")
      }
    } else {
      let set = [
        ("certificate", certificate != nil), ("key", key != nil), ("client_authority", clientAuthority != nil),
        ("tokens", tokens),
      ]
      for (name, isSet) in set where isSet { add(name, "`\(name)` is there without `listen`", "`listen`, too") }
    }
    if certificate != nil, key == nil { add("certificate", "there is a certificate without its key", "`key`, too") }
    if key != nil, certificate == nil { add("key", "there is a key without its certificate", "`certificate`, too") }
    if clientAuthority != nil, certificate == nil {
      add("client_authority", "`client_authority` is there without `certificate`", "`certificate` and `key`, too")
    }
    if let url, !url.hasPrefix("https://") && !url.hasPrefix("http://") || url.contains("?") || url.contains("#") {
      add("url", "`\(url)` is no base address", "https://HOST, without query and fragment")
    }
    return mistakes
  }

  /// What to listen on, its files read; `nil` for the Unix socket only.
  public func listener() throws(OrchestrationFault) -> Listener? {
    guard let address = listen.flatMap({ ListenAddress($0) }) else { return nil }
    var tls: ServerTLS?
    if let certificate, let key {
      tls = try ServerTLS(certificate: certificate, key: key, clientAuthority: clientAuthority)
    }
    return try Listener(address, tls: tls, needsTokens: tokens)
  }
}
