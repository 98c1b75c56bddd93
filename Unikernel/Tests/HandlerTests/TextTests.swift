import Testing

@testable import Handler

@Suite("Texts of handlers")
struct TextTests {
  private func string(_ text: Text) -> String { String(decoding: text.bytes, as: UTF8.self) }

  @Test("a literal takes texts and numbers, and what came from outside in the form that HTML or JSON needs")
  func interpolation() {
    let name: Text = "<b>\"Zoë\"</b> & 'co'"
    #expect(string("Hello, \(name): \(-7) of \(0)") == "Hello, <b>\"Zoë\"</b> & 'co': -7 of 0")
    #expect(
      string("<p>\(html: name)</p>")
        == "<p>&lt;b&gt;&quot;Zoë&quot;&lt;/b&gt; &amp; &#39;co&#39;</p>")
    #expect(string("{\(json: "a\"\\\n\u{1}")}") == #"{"a\"\\\u000a\u0001"}"#)
  }

  @Test(
    "a whole number is read in full or not at all",
    arguments: [
      ("0", 0), ("17", 17), ("-17", -17), ("9223372036854775807", .max), ("-9223372036854775808", .min),
      ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil), ("", nil), ("-", nil),
      ("1 ", nil), ("+1", nil), ("0x1", nil),
    ] as [(Text, Int?)])
  func integers(text: Text, value: Int?) {
    #expect(text.integer == value)
    if let value, text != "0" { #expect(Text(value) == text) }
  }

  @Test(
    "a form's values are found by name and decoded",
    arguments: [
      ("a=1&b=2", "b", "2"), ("a=1&a=2", "a", "1"), ("a", "a", ""), ("a=", "a", ""), ("a=b=c", "a", "b=c"),
      ("x%20y=J%C3%BCrgen+M", "x y", "Jürgen M"), ("a=%4", "a", "%4"), ("a=%zz", "a", "%zz"), ("b=1", "a", nil),
      ("", "a", nil),
    ] as [(Text, Text, Text?)])
  func forms(form: Text, name: Text, value: Text?) {
    #expect(form.formValue(name) == value)
  }

  @Test("texts are split, trimmed and compared by bytes")
  func parts() {
    let list: Text = "a,,b"
    #expect(list.split(separator: ",") == ["a", "", "b"])
    #expect(list.split(separator: "ab") == ["a,,b"])
    #expect((" \t a b\r\n" as Text).trimmed == "a b")
    #expect((" \n" as Text).trimmed == "")
    #expect((["b", "ab", "a", ""] as [Text]).sorted() == ["", "a", "ab", "b"])
    #expect(list.dropping(prefix: "a,") == ",b")
    #expect(list.dropping(prefix: "b") == nil)
  }

  @Test("a request knows its segments, fields and parameters, and its caller's roles")
  func requests() {
    let request = Request(
      method: "GET", path: "/book/17", query: "celsius=21", headers: [Field("accept", "a"), Field("accept", "b")],
      body: "", caller: Caller(subject: "rita", roles: ["reader"], scheme: "basic"), time: 0)
    #expect(request.segments == ["book", "17"])
    #expect(request.header("accept") == "a")
    #expect(request.header("host") == nil)
    #expect(request.parameter("celsius")?.integer == 21)
    #expect(request.caller.has(role: "reader") && !request.caller.has(role: "editor"))
    #expect(!request.caller.isVisitor)
  }
}
