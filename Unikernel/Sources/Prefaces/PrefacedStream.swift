import Interchange
import LibraryOS

/// A connection that begins with a preface: first that, then the client's bytes as they are.
public final class PrefacedStream: ByteStream, StreamHandler {
  /// Where the acceptor keeps this stream while its preface is not there.
  var index = 0
  /// When the preface must be there.
  let deadline: Instant
  /// The client, as the preface says it, or else the other end.
  public private(set) var remote: Endpoint

  private let acceptor: PrefaceAcceptor
  private let under: any ByteStream
  private var over: (any StreamHandler)?
  private var reader: (any PrefaceReader)?
  /// What was read and belongs to what follows.
  private var held: [UInt8] = []
  private var takesMore = true
  private var isOpen = false
  private var isGone = false

  init(acceptor: PrefaceAcceptor, under: any ByteStream, reader: any PrefaceReader, deadline: Instant) {
    self.acceptor = acceptor
    self.under = under
    self.reader = reader
    self.deadline = deadline
    remote = under.remote
  }

  // MARK: ByteStream

  /// This end.
  public var local: Endpoint { under.local }
  /// What was received behind the preface.
  public var readableCount: Int { isOpen ? held.count + (takesMore ? under.readableCount : 0) : 0 }
  /// As of the stream below.
  public var writableCount: Int { under.writableCount }
  /// As of the stream below.
  public var peer: Principal? { under.peer }
  /// As of the stream below.
  public var isSecure: Bool { under.isSecure }
  /// As of the stream below.
  public var admission: UInt64 { under.admission }

  /// Takes what was received behind the preface.
  public func read(limit: Int) -> [UInt8] {
    guard held.isEmpty else {
      let bytes = Array(held.prefix(limit))
      held.removeFirst(bytes.count)
      return bytes
    }
    return takesMore ? under.read(limit: limit) : []
  }

  /// Takes what was received behind the preface.
  public func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard held.isEmpty else {
      let bytes = read(limit: buffer.count)
      buffer.copyBytes(from: bytes)
      return bytes.count
    }
    return takesMore ? under.read(into: buffer) : 0
  }

  /// As of the stream below.
  public func write(_ bytes: ArraySlice<UInt8>) -> Int { under.write(bytes) }
  /// As of the stream below.
  public func write(_ bytes: UnsafeRawBufferPointer) -> Int { under.write(bytes) }
  /// As of the stream below.
  public func close() { under.close() }

  /// As of the stream below.
  public func abort() {
    over = nil
    leave()
    under.abort()
  }

  // MARK: StreamHandler, of the connection below

  /// Says nothing here.
  public func streamOpened(_ stream: any ByteStream) {}

  /// Reads on.
  public func streamReadable(_ stream: any ByteStream) {
    if !isOpen { readPreface() }
    guard isOpen, !isGone else { return }
    // A client that is no longer admitted is cut off with its next bytes; so is one that says more than it may.
    guard acceptor.preface.admits(self), takesMore || under.readableCount == 0 else {
      let handler = over
      abort()
      handler?.streamClosed(self, reason: .reset)
      return
    }
    if readableCount > 0 { over?.streamReadable(self) }
  }

  /// Passes it on.
  public func streamWritable(_ stream: any ByteStream) { over?.streamWritable(self) }

  /// Passes it on, or refuses what ends within its preface.
  public func streamEnded(_ stream: any ByteStream) {
    if isOpen { over?.streamEnded(self) } else { refuse("truncated") }
  }

  /// Passes it on.
  public func streamClosed(_ stream: any ByteStream, reason: CloseReason) {
    let handler = over
    over = nil
    leave()
    handler?.streamClosed(self, reason: reason)
  }

  // MARK: The preface

  private func readPreface() {
    while let reader, !isOpen, !isGone {
      let bytes = under.read(limit: reader.missing)
      guard !bytes.isEmpty else { return }
      switch reader.take(bytes) {
      case .incomplete: continue
      case .answer(let answer): write(answer: answer)
      case .complete(let outcome): open(outcome)
      case .refused(let reason): refuse(reason)
      }
    }
  }

  /// Answers are of some bytes, and the first that is sent on a connection: there is room for them, unless the client takes
  /// nothing.
  private func write(answer: [UInt8]) {
    guard under.write(answer[...]) == answer.count else { return refuse("unanswerable") }
  }

  private func open(_ outcome: PrefaceOutcome) {
    if let client = outcome.client { remote = client }
    if !outcome.answer.isEmpty { write(answer: outcome.answer) }
    guard !isGone else { return }
    held = outcome.rest
    takesMore = !outcome.isWhole
    reader = nil
    acceptor.forget(self)
    isOpen = true
    guard acceptor.preface.admits(self), let handler = (outcome.acceptor ?? acceptor.next).accept(self) else {
      abort()
      return
    }
    over = handler
  }

  /// The preface did not come in time.
  func expire() { refuse("late") }

  private func refuse(_ reason: ByteString) {
    guard !isGone else { return }
    acceptor.refused(self, reason)
    abort()
  }

  private func leave() {
    guard !isGone else { return }
    isGone = true
    reader = nil
    if !isOpen { acceptor.forget(self) }
  }
}
