import Foundation

/// Reads vulnerability notices: records of OSV (OSV schema 1.x) and advisories of CSAF 2.0. What they say of other
/// software than the modules of images is passed over; a notice that says nothing of a module is refused.
///
/// A module is named by the ecosystem `Testudo`, by the package URL `pkg:generic/testudo/NAME@VERSION`, or, a C library
/// that comes from Debian, by Debian's name of it.
public enum NoticeReader {
  /// The largest file that is read, in bytes.
  public static let maximumBytes = 16 << 20

  /// The notices in a file's contents. `libraries` are the modules that Debian's packages stand for.
  public static func read(_ bytes: [UInt8], libraries: Set<String>) throws(NoticeFault) -> [VulnerabilityNotice] {
    guard bytes.count <= maximumBytes else {
      throw NoticeFault("the notice has \(bytes.count) bytes, expected at most \(maximumBytes)")
    }
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)), case .object(let document) = value
    else { throw NoticeFault("the notice is no JSON object, expected a record of OSV or an advisory of CSAF 2.0") }
    let notices: [VulnerabilityNotice]
    if document["affected"] != nil || document["id"] != nil {
      notices = [try osv(document, libraries)]
    } else if document["vulnerabilities"] != nil || document["product_tree"] != nil {
      notices = csaf(document, libraries)
    } else {
      throw NoticeFault(
        "the document has neither `affected` nor `vulnerabilities`, expected a record of OSV or an advisory of CSAF 2.0"
      )
    }
    let used = notices.filter { !$0.affected.isEmpty }
    guard !used.isEmpty else {
      throw NoticeFault(
        "the notice is about no module of images, expected the ecosystem `Testudo`, a package URL such as "
          + "`pkg:generic/testudo/http@1.0.0`, or a Debian package of \(libraries.sorted().joined(separator: ", "))")
    }
    return used
  }

  // MARK: OSV

  private static func osv(
    _ document: [String: JSONValue], _ libraries: Set<String>
  ) throws(NoticeFault) -> VulnerabilityNotice {
    guard let id = document["id"]?.text, isIdentifier(id) else {
      throw NoticeFault(
        "the record has no `id` of letters, digits, `-`, `_`, `.` and `:`, expected one such as `CVE-2026-1`")
    }
    var affected: [VulnerabilityNotice.Affected] = []
    for case .object(let entry) in document["affected"]?.list ?? [] {
      guard let package = entry["package"]?.object, let module = module(package, libraries) else { continue }
      var ranges: [VulnerabilityNotice.Range] = []
      for case .object(let range) in entry["ranges"]?.list ?? [] where range["type"]?.text != "GIT" {
        ranges += Self.ranges(range["events"]?.list ?? [])
      }
      affected.append(
        .init(module: module, ranges: ranges, versions: (entry["versions"]?.list ?? []).compactMap(\.text)))
    }
    return VulnerabilityNotice(
      id: id, summary: document["summary"]?.text ?? document["details"]?.text.map { String($0.prefix(200)) } ?? "",
      affected: affected)
  }

  /// The ranges that events stand for: each begins where a vulnerability is introduced.
  private static func ranges(_ events: [JSONValue]) -> [VulnerabilityNotice.Range] {
    var ranges: [VulnerabilityNotice.Range] = []
    for case .object(let event) in events {
      if let introduced = event["introduced"]?.text {
        ranges.append(.init(introduced: introduced == "0" ? nil : introduced, fixed: nil, lastAffected: nil))
      } else if let fixed = event["fixed"]?.text, !ranges.isEmpty {
        ranges[ranges.count - 1].fixed = fixed
      } else if let last = event["last_affected"]?.text, !ranges.isEmpty {
        ranges[ranges.count - 1].lastAffected = last
      }
    }
    return ranges
  }

  private static func module(_ package: [String: JSONValue], _ libraries: Set<String>) -> String? {
    if let url = package["purl"]?.text, let found = module(url: url, libraries) { return found.name }
    guard let name = package["name"]?.text, let ecosystem = package["ecosystem"]?.text else { return nil }
    if ecosystem == "Testudo" || ecosystem.hasPrefix("Testudo:") { return name }
    return ecosystem.hasPrefix("Debian") && libraries.contains(name) ? name : nil
  }

  // MARK: CSAF

  private static func csaf(_ document: [String: JSONValue], _ libraries: Set<String>) -> [VulnerabilityNotice] {
    var products: [String: (name: String, version: String?)] = [:]
    func collect(_ product: JSONValue?) {
      guard let product = product?.object, let id = product["product_id"]?.text,
        let url = product["product_identification_helper"]?.object?["purl"]?.text,
        let found = module(url: url, libraries)
      else { return }
      products[id] = found
    }
    var branches = document["product_tree"]?.object?["branches"]?.list ?? []
    // Each branch is taken once; the document's size bounds their number.
    while let branch = branches.popLast()?.object {
      branches += branch["branches"]?.list ?? []
      collect(branch["product"])
    }
    for product in document["product_tree"]?.object?["full_product_names"]?.list ?? [] { collect(product) }
    let tracking = document["document"]?.object?["tracking"]?.object?["id"]?.text
    let title = document["document"]?.object?["title"]?.text ?? ""
    return (document["vulnerabilities"]?.list ?? []).compactMap { entry in
      guard let vulnerability = entry.object, let id = vulnerability["cve"]?.text ?? tracking, isIdentifier(id) else {
        return nil
      }
      let ids = (vulnerability["product_status"]?.object?["known_affected"]?.list ?? []).compactMap(\.text)
      let affected = ids.compactMap { products[$0] }.map { product in
        VulnerabilityNotice.Affected(
          module: product.name,
          ranges: product.version == nil ? [.init(introduced: nil, fixed: nil, lastAffected: nil)] : [],
          versions: product.version.map { [$0] } ?? [])
      }
      return VulnerabilityNotice(id: id, summary: vulnerability["title"]?.text ?? title, affected: affected)
    }
  }

  // MARK: Names

  /// The module that a package URL names, with its version.
  private static func module(url: String, _ libraries: Set<String>) -> (name: String, version: String?)? {
    let plain = url.prefix { $0 != "?" && $0 != "#" }
    let parts = plain.split(separator: "@", maxSplits: 1).map(String.init)
    guard let path = parts.first else { return nil }
    let version = parts.count > 1 ? parts[1] : nil
    if path.hasPrefix("pkg:generic/testudo/") { return (String(path.dropFirst(20)), version) }
    let name = String(path.dropFirst("pkg:deb/debian/".count))
    guard path.hasPrefix("pkg:deb/debian/"), libraries.contains(name) else { return nil }
    // Debian's version has the upstream's before `+` and `-`.
    return (name, version.map { String($0.prefix { $0 != "+" && $0 != "-" }) })
  }

  private static func isIdentifier(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.first != "."
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x61...0x7A, 0x41...0x5A, 0x30...0x39, 0x2D, 0x5F, 0x2E, 0x3A: true
        default: false
        }
      }
  }
}

extension JSONValue {
  fileprivate var text: String? { if case .text(let text) = self { text } else { nil } }
  fileprivate var list: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
  fileprivate var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
}
