import Interchange
import LibraryOS

/// A connection from the forwarder: first its header, then the client's bytes as they are, with the client as the other
/// end.
final class ForwardedStream: ByteStream, StreamHandler {
  /// Where the acceptor keeps this stream while its header is not there.
  var index = 0
  /// When the header must be there.
  let deadline: Instant
  private(set) var remote: Endpoint

  private let acceptor: ForwardedAcceptor
  private let under: any ByteStream
  private var over: (any StreamHandler)?
  private var parser = ProxyHeaderParser()
  private var isOpen = false
  private var isGone = false

  init(acceptor: ForwardedAcceptor, under: any ByteStream, deadline: Instant) {
    self.acceptor = acceptor
    self.under = under
    self.deadline = deadline
    remote = under.remote
  }

  // MARK: ByteStream

  var local: Endpoint { under.local }
  var readableCount: Int { isOpen ? under.readableCount : 0 }
  var writableCount: Int { under.writableCount }
  var peer: Principal? { under.peer }
  var isSecure: Bool { under.isSecure }

  func read(limit: Int) -> [UInt8] { under.read(limit: limit) }
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { under.read(into: buffer) }
  func write(_ bytes: ArraySlice<UInt8>) -> Int { under.write(bytes) }
  func write(_ bytes: UnsafeRawBufferPointer) -> Int { under.write(bytes) }
  func close() { under.close() }

  func abort() {
    over = nil
    leave()
    under.abort()
  }

  // MARK: StreamHandler, of the connection below

  func streamOpened(_ stream: any ByteStream) {}

  func streamReadable(_ stream: any ByteStream) {
    if !isOpen { readHeader() }
    guard isOpen, !isGone else { return }
    // A client that is no longer admitted is cut off with its next bytes.
    guard acceptor.admits(self) else {
      let handler = over
      abort()
      handler?.streamClosed(self, reason: .reset)
      return
    }
    if under.readableCount > 0 { over?.streamReadable(self) }
  }

  func streamWritable(_ stream: any ByteStream) { over?.streamWritable(self) }

  func streamEnded(_ stream: any ByteStream) {
    if isOpen { over?.streamEnded(self) } else { refuse("truncated") }
  }

  func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    let handler = over
    over = nil
    leave()
    handler?.streamClosed(self, reason: reason)
  }

  // MARK: The header

  private func readHeader() {
    while !isOpen, !isGone {
      let bytes = under.read(limit: parser.missing)
      guard !bytes.isEmpty else { return }
      do throws(ProxyHeaderFault) {
        if let header = try parser.append(bytes) { open(header) }
      } catch {
        refuse(error.reason)
      }
    }
  }

  private func open(_ header: ProxyHeader) {
    guard acceptor.forwarder.wrote(header) else { return refuse("secret") }
    if let source = header.source { remote = source }
    acceptor.forget(self)
    isOpen = true
    guard acceptor.admits(self), let handler = acceptor.next.accept(self) else {
      abort()
      return
    }
    over = handler
  }

  /// The header did not come in time.
  func expire() { refuse("late") }

  private func refuse(_ reason: ByteString) {
    guard !isGone else { return }
    acceptor.refused(self, reason)
    abort()
  }

  private func leave() {
    guard !isGone else { return }
    isGone = true
    if !isOpen { acceptor.forget(self) }
  }
}

extension ProxyHeaderFault {
  /// As events name it.
  var reason: ByteString {
    switch self {
    case .signature: "signature"
    case .version: "version"
    case .command: "command"
    case .family: "address family"
    case .tooLong: "too long"
    case .truncated: "truncated"
    }
  }
}
