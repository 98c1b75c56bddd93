import Patterns
import TOSCA
import Testing

@testable import SecTOSCA

@Suite("Request filters")
struct RequestFilterTests {
  static func filter(_ properties: [String: Literal]) -> Topology {
    Portal.topology().with(Portal.policy("shapes", "RequestFilter", ["storefront"], properties))
  }

  static func rule(_ properties: [String: Literal]) -> Topology {
    let entries = ["name": "it", "action": "deny"].merging(properties) { $1 }.sorted { $0.key < $1.key }
    return filter(["rules": [.map(entries.map { ($0.key, $0.value) })]])
  }

  static func match(_ properties: [String: Literal]) -> Topology {
    let entries = ["part": "query", "patterns": ["x"]].merging(properties) { $1 }.sorted { $0.key < $1.key }
    return rule(["matches": [.map(entries.map { ($0.key, $0.value) })]])
  }

  static let mistakes: [(what: String, topology: Topology, code: String, said: String)] = [
    ("a filter that refuses nothing", filter(["ambiguous_encoding": "pass"]), "invalid-value", "refuses nothing"),
    ("a rule set that is not there", filter(["rule_sets": ["common_attack"]]), "invalid-value", "`common_attack`"),
    ("a status of no refusal", filter(["default": "deny", "status": 200]), "invalid-value", "`200`"),
    (
      "a status where nothing is refused", filter(["rule_sets": ["common_attacks"], "status": 404]),
      "misplaced-property", "`status`"
    ),
    ("a status of what is allowed", rule(["action": "allow", "status": 404]), "misplaced-property", "`status`"),
    ("another action", rule(["action": "drop"]), "invalid-value", "`drop`"),
    ("a name of two words", rule(["name": "a b"]), "invalid-value", "`a b`"),
    ("a method in lower case", rule(["methods": ["get"]]), "invalid-value", "`get`"),
    ("a path that is none", rule(["paths": ["orders"]]), "invalid-path", "`orders`"),
    ("a source that is none", rule(["sources": ["10.0.0.1"]]), "invalid-network", "`10.0.0.1`"),
    ("a media type that is none", rule(["media_types": ["json"]]), "invalid-value", "`json`"),
    ("a field that is none", rule(["present": ["a b"]]), "invalid-value", "`a b`"),
    ("a bound below nothing", rule(["headers_over": -1]), "invalid-value", "`-1`"),
    ("another part", match(["part": "cookie"]), "invalid-value", "`cookie`"),
    ("a header of the query", match(["header": "x"]), "misplaced-property", "`x`"),
    ("no patterns", match(["patterns": []]), "invalid-value", "empty"),
    ("a pattern that is none", match(["patterns": ["(a"]]), "unusable-pattern", "`(a`"),
    ("a pattern that looks around", match(["patterns": ["(?=a)b"]]), "unusable-pattern", "look-around"),
    ("a pattern that looks back", match(["patterns": ["(a)\\1"]]), "unusable-pattern", "back-references"),
    (
      "a pattern with many states", match(["patterns": ["a.{20}b"]]), "unusable-pattern",
      "more than 16384 states, of at most 2048"
    ),
    (
      "a pattern with some states too many", match(["patterns": ["a{2048}"]]), "unusable-pattern",
      "2049 states, of at most 2048"
    ),
    ("a pattern for everything", match(["patterns": ["x*"]]), "unusable-pattern", "found in every text"),
    ("a pattern of other letters", match(["patterns": ["\u{e9}"]]), "unusable-pattern", "`\u{e9}`"),
  ]

  @Test("a mistake is found where it is", arguments: mistakes.indices)
  func mistake(index: Int) {
    let item = Self.mistakes[index]
    let (service, findings) = Interpreter().interpret(item.topology)
    let found = findings.filter { $0.severity == .error }
    #expect(service == nil, "\(item.what)")
    #expect(found.map(\.code) == [item.code], "\(item.what): \(found.map(\.message))")
    #expect(found.first?.message.contains(item.said) == true, "\(item.what): \(found.map(\.message))")
    #expect(found.first?.expected != nil && found.first?.place.file.hasPrefix("shapes") == true)
  }

  @Test("filters that are too large together are found at the level that asks for them")
  func tooLarge() throws {
    // Each of them has some 1800 states and 37 classes of bytes, and none shares a table.
    var topology = Portal.topology()
    let names = (0..<3).map { "shape\($0)" }
    for (index, name) in names.enumerated() {
      let pattern = "\(index)(abcdefghijklmnopqrstuvwxyz0123456789){50}"
      topology = topology.with(
        Portal.policy(
          name, "RequestFilter", ["storefront"],
          [
            "rules": [
              ["name": "it", "action": "deny", "matches": [["part": "query", "patterns": [.text(pattern)]]]]
            ]
          ]))
    }
    topology = topology.setting(
      "requires", ofPolicy: "lockdown",
      to: .list((["declared_flows", "tokens", "order_rules", "calm", "nobody"] + names).map { .text($0) }))
    let (service, findings) = Interpreter().interpret(topology)
    let errors = findings.filter { $0.severity == .error }
    #expect(service == nil && errors.map(\.code) == ["filter-too-large"], "\(errors.map(\.message))")
    #expect(errors.first?.place.file == "lockdown/requires/7")
    #expect(errors.first?.message.contains("transitions") == true)
  }

  @Test("a filter is stronger that refuses more, and lets no more pass before that")
  func strength() {
    func rule(_ method: String, deny: Bool) -> RequestFilter.Rule {
      RequestFilter.Rule(name: method, status: deny ? 403 : nil, methods: [method])
    }
    func stronger(_ new: RequestFilter, _ old: RequestFilter) -> Bool {
      Strength.isAtLeast(
        [StrengthTests.requirement(.requestFilter(new))], asStrongAs: [StrengthTests.requirement(.requestFilter(old))])
    }
    let (a, b, open) = (rule("A", deny: true), rule("B", deny: true), rule("C", deny: false))
    let one = RequestFilter(rules: [open, a])
    #expect(stronger(one, one))
    #expect(stronger(RequestFilter(rules: [b, open, a]), one) && !stronger(one, RequestFilter(rules: [b, open, a])))
    #expect(stronger(RequestFilter(rules: [a]), one) && !stronger(one, RequestFilter(rules: [a])))
    #expect(!stronger(one, RequestFilter(rules: [a, open])))
    #expect(stronger(RequestFilter(rules: [open, a], defaultStatus: 403), one))
    #expect(!stronger(one, RequestFilter(rules: [open, a], defaultStatus: 403)))
    #expect(!stronger(RequestFilter(rules: [open, a], ambiguity: .pass), one))
    #expect(!stronger(RequestFilter(rules: [open, a], inspectedBytes: 5), one))
    #expect(!Strength.isAtLeast([], asStrongAs: [StrengthTests.requirement(.requestFilter(one))]))
  }
}

/// What the shipped rules stop, and what they must not stop.
@Suite("Shipped rules of request filters")
struct CommonAttacksTests {
  /// The names of the rules that fit a text in a part of a request, decoded.
  static func names(_ part: RequestFilter.Part, _ text: String) throws -> [String] {
    try CommonAttacks.rules.filter { rule in
      try rule.matches.contains { match in
        guard match.part == part else { return false }
        let automata = try match.patterns.map { try FilterPatterns.automaton(of: $0).alone }
        return automata.contains { $0.search(text.utf8) != 0 }
      }
    }.map(\.name)
  }

  static let attacks: [(RequestFilter.Part, String, String)] = [
    (.decodedQuery, "file=../../../../etc/passwd", "path-traversal"),
    (.decodedQuery, "f=..\\..\\win.ini", "path-traversal"),
    (.decodedQuery, "f=/etc//shadow", "path-traversal"), (.decodedQuery, "f=php://filter/read=x", "path-traversal"),
    (.decodedBody, "{\"f\":\"/proc/self/environ\"}", "path-traversal"),
    (.decodedPath, "/x/C:/boot.ini", "path-traversal"),
    (.decodedPath, "/.git/config", "hidden-files"), (.decodedPath, "/app/.env", "hidden-files"),
    (.decodedPath, "/.env.production", "hidden-files"), (.decodedPath, "/wp-config.php.bak", "hidden-files"),
    (.decodedPath, "/dump.sql", "hidden-files"), (.decodedQuery, "id=1 UNION SELECT 1,2,3--", "sql-injection"),
    (.decodedQuery, "id=-1/**/union/**/all/**/select/**/null", "sql-injection"),
    (.decodedQuery, "id=x' union select name, pass from users", "sql-injection"),
    (.decodedQuery, "u=admin' OR 1=1", "sql-injection"), (.decodedQuery, "u=' or '1'='1", "sql-injection"),
    (.decodedQuery, "u=\" or \"\"=\"", "sql-injection"), (.decodedQuery, "id=1 or 1=1", "sql-injection"),
    (.decodedQuery, "u=admin'--", "sql-injection"), (.decodedQuery, "u=admin'#&p=x", "sql-injection"),
    (.decodedQuery, "id=1; DROP TABLE users;", "sql-injection"),
    (.decodedQuery, "id=1;delete from orders", "sql-injection"),
    (.decodedQuery, "id=sleep(5)", "sql-injection"), (.decodedQuery, "id=1'; waitfor delay '0:0:5'", "sql-injection"),
    (.decodedQuery, "q=select x from information_schema.tables", "sql-injection"),
    (.decodedBody, "a=1' and updatexml(1,2,3)", "sql-injection"),
    (.decodedQuery, "q=<script>alert(1)</script>", "cross-site-scripting"),
    (.decodedQuery, "q=<ScRiPt src=//x>", "cross-site-scripting"),
    (.decodedQuery, "q=<img src=x onerror=alert(1)>", "cross-site-scripting"),
    (.decodedQuery, "q=<svg/onload=alert(1)>", "cross-site-scripting"),
    (.decodedQuery, "q=java\tscript:alert(1)", "cross-site-scripting"),
    (.decodedBody, "<iframe src=\"x\">", "cross-site-scripting"), (.decodedPath, "/a<script>", "cross-site-scripting"),
    (.decodedBody, "x=data:text/html;base64,xx", "cross-site-scripting"),
    (.decodedQuery, "h=127.0.0.1;cat /etc/hosts", "command-injection"), (.decodedQuery, "h=x|id", "command-injection"),
    (.decodedQuery, "h=x && wget http://x/y", "command-injection"), (.decodedQuery, "h=$(whoami)", "command-injection"),
    (.decodedBody, "h=x; rm -rf /", "command-injection"), (.decodedQuery, "c=/bin/bash", "command-injection"),
    (.decodedQuery, "c=cmd.exe /c dir", "command-injection"),
    (.decodedQuery, "c=powershell -enc x", "command-injection"),
    (.header, "${jndi:ldap://x/a}", "lookup-injection"), (.header, "${${lower:j}ndi:x}", "lookup-injection"),
    (.header, "() { :;}; echo x", "lookup-injection"),
  ]

  @Test("what they stop", arguments: attacks.indices)
  func stopped(index: Int) throws {
    let (part, text, name) = Self.attacks[index]
    #expect(try Self.names(part, text).contains(name), "\(text)")
  }

  static let benign: [(RequestFilter.Part, String)] = [
    (.decodedQuery, "q=union station select committee"), (.decodedQuery, "q=western union"),
    (.decodedQuery, "q=rock 'n' roll and blues"), (.decodedQuery, "q=O'Reilly or O'Brien"),
    (.decodedQuery, "q=select * from the menu"), (.decodedQuery, "q=drop table tennis"),
    (.decodedQuery, "q=project = 'A' and status = Open"), (.decodedQuery, "page=2&sort=price&order=desc"),
    (.decodedQuery, "q=JavaScript: The Good Parts"), (.decodedQuery, "q=a < b and c > d"),
    (.decodedQuery, "q=what is a <b>tag</b>?"), (.decodedQuery, "next=/a/b?c=d&e=f"), (.decodedQuery, "q=C++ & C#"),
    (.decodedQuery, "path=a/../b"), (.decodedQuery, "a=1&id=5&cat=7&sh=2"), (.decodedQuery, "q=it's -- well -- fine"),
    (.decodedQuery, "url=https://example.org/etc"), (.decodedQuery, "q=sleep (8 hours)"),
    (.decodedQuery, "q=1 or 2 people"), (.decodedQuery, "t=10:30&tz=+02:00"),
    (.decodedQuery, "q=caf\u{e9} & cr\u{e8}me"),
    (.decodedBody, "{\"color\":\"#fff\",\"name\":\"a -- b\"}"), (.decodedBody, "{\"a\":[1,2],\"b\":{\"c\":\"d;e\"}}"),
    (.decodedBody, "Dogs are fine; cat lovers, too. I need an id; whoever asks"),
    (.decodedBody, "$(document).ready(x)"),
    (.decodedBody, "one | two | three\n- four"), (.decodedBody, "let x = a || b; if (a && b) { c() }"),
    (.decodedBody, "see ../README and ../img/a.png"), (.decodedBody, "<p class=\"only\">on = off</p>"),
    (.decodedBody, "price = ${amount}"), (.decodedPath, "/orders/17"), (.decodedPath, "/.well-known/acme-challenge/x"),
    (.decodedPath, "/environment"), (.decodedPath, "/a.sqlite"), (.decodedPath, "/gold"), (.decodedPath, "/docs/old/x"),
    (.header, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (.header, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), (.header, "a=b; c={}; d=()"),
  ]

  @Test("what they must not stop", arguments: benign.indices)
  func passed(index: Int) throws {
    let (part, text) = Self.benign[index]
    #expect(try Self.names(part, text) == [], "\(text)")
  }

  @Test("they fit into an image many times over")
  func size() throws {
    let filter = RequestFilter(rules: [], ruleSets: [.commonAttacks])
    let patterns = try FilterPatterns([filter])
    let cells = patterns.automata.reduce(0) { $0 + $1.cellCount }
    let states = patterns.automata.map(\.stateCount)
    #expect(
      cells < FilterPatterns.maximumTransitions / 2 && states.count < 40, "\(states) states, \(cells) transitions")
    for match in filter.allRules.flatMap(\.matches) { #expect(!patterns.places(of: match).isEmpty) }
  }
}
