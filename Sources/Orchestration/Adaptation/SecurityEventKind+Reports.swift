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
}
