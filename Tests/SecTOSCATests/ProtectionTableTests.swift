import Foundation
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("The protection table")
struct ProtectionTableTests {
  let table: ProtectionTable

  init() throws {
    table = try #require(Interpreter().interpret(Portal.topology()).service).protectionTable
  }

  @Test("shows a line per kind and a column per level")
  func text() {
    #expect(
      table.text == """
        storefront  sectosca.nodes.WebService, port 80, published on port 8088
          / serves the files of `site`
          /orders goes to `orders`

                          normal (0)                  elevated (1)                                      lockdown (2)
          filtering       declared flows              declared flows                                    declared flows
          rate limit      -                           20 per 1 s, burst 40, on /orders                  20 per 1 s, burst 40, on /orders
          authentication  passwords (basic), 2 users  tokens (bearer) of https://id.example for portal  tokens (bearer) of https://id.example for portal
          authorization   Cedar: orders.cedar         Cedar: orders.cedar                               Cedar: orders.cedar

        orders  sectosca.nodes.KeyValueService, port 80, inside the service only
          /orders keeps up to 4194304 bytes of values

                     normal (0)      elevated (1)    lockdown (2)
          filtering  declared flows  declared flows  declared flows
                                                     no flows

        elevated is due while threat_level is `high` (threat_rises)

        """)
  }

  @Test("has nothing secret in it")
  func secrets() throws {
    let json = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
    #expect(json.contains("passwords"))
    #expect(!json.contains("mWMoM555") && !json.contains("yZJx") && !json.contains("rita"))
  }
}
