import Foundation
import PolicyDecision

/// The portal's policies, compiled for an image.
enum HTTPPolicyBundle {
  static func portal(root: String) -> [UInt8] {
    let text = (try? String(contentsOfFile: root + "/orders.cedar", encoding: .utf8)) ?? ""
    guard
      case .success(let bundle) = HTTPPolicyCompiler.compile(
        [PolicySource(file: "orders.cedar", text: text)], attributes: [])
    else { return [] }
    return bundle
  }
}
