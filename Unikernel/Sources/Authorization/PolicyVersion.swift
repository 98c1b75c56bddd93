import Interchange
import LibraryOS

/// Which version of which tenant's policies is in force. The first one that an image gets says whose image it is.
struct PolicyVersion {
  let tenant: ByteString
  let number: Int64

  /// Reads a version that may follow another: the same tenant's, and not an older one.
  init(_ value: ParameterValue, after last: PolicyVersion?) throws(ParameterFault) {
    let parameter: ByteString = "authorization.version"
    guard let tenant = value["tenant"]?.textValue, let number = value["number"]?.integerValue, number > 0,
      value["digest"]?.bytesValue?.count == 32
    else {
      throw ParameterFault(parameter, expected: "a tenant, a number from 1, and a digest of 32 bytes")
    }
    if let last {
      guard tenant == last.tenant else {
        let start: ByteString = "a version of the policies of `"
        throw ParameterFault(parameter, expected: start + last.tenant + "`, not of another tenant")
      }
      guard number >= last.number else {
        throw ParameterFault(parameter, expected: "no version before " + ByteString(decimal: Int(last.number)))
      }
    }
    self.tenant = tenant
    self.number = number
  }
}
