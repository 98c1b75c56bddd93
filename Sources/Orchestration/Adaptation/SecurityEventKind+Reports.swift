import Hosting
import Interchange
import SecTOSCA

extension SecurityEventKind {
  /// What kind of event an image's report is about; nil where no trigger can wait for it. The names are those of the
  /// modules in the library OS.
  init?(module: String, action: String) {
    switch (module, action) {
    case ("basic-authentication", "denied"), ("bearer-authentication", "denied"), ("api-key-authentication", "denied"),
      ("sessions", "denied"):
      self = .authenticationFailed
    case ("authorization", "denied"): self = .accessDenied
    case ("request-filter", "denied"): self = .requestRefused
    case ("rate-limit", "limited"), ("quota", "exhausted"): self = .rateExceeded
    case ("firewall", "dropped"): self = .packetDropped
    default: return nil
    }
  }

  /// What triggers may know of an image's report. A text that is too long is left out: a part of a name may be another's.
  func fields(of event: SecurityEvent, from instance: InstanceRecord?) -> [String: String] {
    var found: [String: String] = [:]
    for detail in event.details where fields.contains(detail.name.description) {
      let text = Journal.text(detail.value)
      if text.utf8.count <= 256 { found[detail.name.description] = text }
    }
    if let instance {
      found["resource"] = instance.resource
      found["instance"] = instance.id
    }
    return found
  }
}
