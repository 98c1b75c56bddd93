import Interchange
import LibraryOS

/// Where requests of a route go: to an address, or to whatever addresses a name has when a request comes.
final class ProxyBackend {
  /// The name; empty where there is an address.
  private let name: ByteString
  private let port: UInt16
  /// Its address, or those that the name had last.
  private(set) var addresses: [Endpoint]
  /// Which of a name's addresses is the first to be tried.
  private var turn = 0

  /// Reads `10.77.0.3:80`, `[fd00::3]:80` or `api.example.org:8080`.
  init?(_ text: ByteString) {
    if let endpoint = Endpoint(text) {
      name = ByteString([])
      port = endpoint.port
      addresses = [endpoint]
      return
    }
    guard let colon = text.bytes.lastIndex(of: 0x3A), colon > 0, colon <= 253 else { return nil }
    let name = ByteString(text.bytes[..<colon])
    // Letters, digits, `-`, `_` and dots, and something that no address has.
    var hasLetter = false
    for byte in name.bytes {
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: hasLetter = true
      case 0x30...0x39, 0x2D, 0x2E, 0x5F: continue
      default: return nil
      }
    }
    let host: ByteString = "0.0.0.1"
    guard hasLetter, let place = Endpoint(host + ByteString(text.bytes[colon...])) else { return nil }
    self.name = name
    port = place.port
    addresses = []
  }

  /// Takes over what another of the same name and port has found.
  func remember(_ other: ProxyBackend) {
    guard !name.isEmpty, name == other.name, port == other.port else { return }
    addresses = other.addresses
    turn = other.turn
  }

  /// Gives its addresses, the last one to try first and none where it has none, and whether they are others than before.
  /// At once, unless a name has to be asked for.
  func find(_ names: (any NameService)?, completion: @escaping (_ places: [Endpoint], _ hasMoved: Bool) -> Void) {
    guard !name.isEmpty else { return completion(addresses, false) }
    guard let names else { return completion([], false) }
    names.resolve(name) { [self] found in
      var places: [Endpoint] = []
      // Each address has its turn as the first.
      turn = turn &+ 1 & 0xFFFF
      for index in 0..<found.count {
        places.append(Endpoint(found[(found.count - 1 - index + turn) % found.count], port: port))
      }
      // That nobody can say where it is does not mean that it moved. Servers give addresses in whatever order.
      let hasMoved =
        !places.isEmpty && (places.count != addresses.count || !addresses.allSatisfy { places.contains($0) })
      if hasMoved { addresses = places }
      completion(places, hasMoved)
    }
  }
}
