import Cryptography
import Foundation
import Testing

struct Base64Tests {
  @Test(
    "the vectors of RFC 4648 decode",
    arguments: [
      ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
      ("Zm9vYmFy", "foobar"),
    ])
  func vectors(text: String, decoded: String) {
    #expect(Base64.decode(Array(text.utf8)[...]) == Array(decoded.utf8))
    let unpadded = text.filter { $0 != "=" }
    #expect(Base64.decodeURL(Array(unpadded.utf8)[...]) == Array(decoded.utf8))
  }

  @Test("every byte in every place survives", arguments: 0..<6)
  func allBytes(length: Int) {
    for byte in UInt8.min...UInt8.max {
      var data = [UInt8](repeating: 0x5A, count: length)
      if length > 0 { data[Int(byte) % length] = byte }
      let text = Data(data).base64EncodedString()
      #expect(Base64.decode(Array(text.utf8)[...]) == data)
      let url = text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
      #expect(Base64.decodeURL(Array(url.utf8)[...]) == data)
    }
  }

  @Test("only the characters of the alphabet are accepted")
  func alphabet() {
    let standard = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let url = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    for byte in UInt8.min...UInt8.max {
      let text: [UInt8] = [0x41, byte, 0x41, 0x41]
      #expect((Base64.decode(text[...]) != nil) == standard.contains(byte), "\(byte)")
      #expect((Base64.decodeURL(text[...]) != nil) == url.contains(byte), "\(byte)")
    }
  }

  @Test(
    "what is not the one encoding of some bytes is refused",
    arguments: [
      "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "==", "Zm8", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm8=Zm8=",
      "Z=g=", " Zg==", "Zg==\n", "Zm9v Zm9v", "Zm9-", "Zm9_",
    ])
  func padded(text: String) {
    #expect(Base64.decode(Array(text.utf8)[...]) == nil)
  }

  @Test(
    "what is not the one base64url encoding of some bytes is refused",
    arguments: ["Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm9vZ", "Zm9+", "Zm9/", "Zm 9v", "Zg\n"])
  func unpadded(text: String) {
    #expect(Base64.decodeURL(Array(text.utf8)[...]) == nil)
  }

  @Test("a slice from the middle of a buffer decodes")
  func slices() {
    #expect(Base64.decode(Array("xxZm9vYg==yy".utf8)[2..<10]) == Array("foob".utf8))
  }
}
