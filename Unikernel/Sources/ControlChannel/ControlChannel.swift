import CRuntime
import Cryptography
import Interchange
import LibraryOS

/// The way in for control, as a state machine over bytes: what arrives is checked and carried out, what is to be said is
/// queued. It runs through whatever runs the image, never over the image's network.
///
/// The boot message is signed and brings a key that this instance shares with the orchestrator alone. A message after it is
/// carried out only if its code was made with that key, it is meant for this instance, and its version is greater than
/// that of every message accepted before. Anything else is refused and counted, and changes nothing.
///
/// When what runs the image says that another is at the other end, the image says nothing more until one of that other's
/// messages was accepted: who does not have the key learns nothing.
public final class ControlChannel {
  /// What the image does on behalf of the channel.
  public protocol Delegate: AnyObject {
    /// Puts run-stage parameters in force, all or none.
    func apply(_ parameters: [Parameter]) throws(ParameterFault)
    /// Stops taking work; `completion` is called when nothing is left.
    func drain(grace: TimeSpan, completion: @escaping () -> Void)
    /// Takes work again after `drain`; a drain that is not over is never reported.
    func resume()
    /// A message of the orchestrator was accepted.
    func contacted()
    /// Adds entropy to the generator.
    func reseed(_ bytes: [UInt8])
    /// The security modules in force, sorted.
    var mechanisms: [ByteString] { get }
    /// Counts of all modules.
    var counters: [Counter] { get }
    /// Whether some module waits for the answer to the question of this number.
    func awaitsAnswer(to number: UInt64) -> Bool
    /// Passes an answer of the decision point on.
    func receive(_ answer: RemoteAnswer)
    /// Somebody wanted to be the other end of the channel, and is not.
    func turnedAway()
    /// Has no answer of an older epoch used again.
    func forgetAnswers(before epoch: UInt64)
  }

  /// No more bytes than these wait to be sent; a report that would go beyond is dropped and counted.
  public static let outputLimit = 256 << 10

  /// Who carries out what arrives. Set once, before the first byte.
  public let delegate: any Delegate
  /// The version in force: of the boot message, then of the last change.
  public private(set) var version: UInt64
  private var lastAccepted: UInt64
  private let messageKey: HMACSHA256
  private let acknowledgementKey: HMACSHA256
  private let audience: [UInt8]
  private var input = FrameReader(limit: ControlMessage.maximumLength)
  private var output: [UInt8] = []
  private var outputStart = 0
  /// Whether a message of the present other end was accepted. Until then, what is to be said is held back.
  private var isProved = true
  private var held: [UInt8] = []
  private var droppedEvents: UInt64 = 0
  private var refusedMessages: UInt64 = 0
  private var lateAnswers: UInt64 = 0
  /// Whether the channel's framing was lost; it can only be closed then.
  public private(set) var isBroken = false
  /// Whether the image was told to exit.
  public private(set) var isEnded = false

  /// A channel that starts after a boot message was accepted, which brought `key`.
  public init(key: [UInt8], boot: ControlMessage, delegate: any Delegate) {
    self.messageKey = ControlChannel.derived(.messages, from: key)
    self.acknowledgementKey = ControlChannel.derived(.acknowledgements, from: key)
    self.audience = boot.audience
    self.version = boot.version
    self.lastAccepted = boot.version
    self.delegate = delegate
  }

  /// HKDF-Expand (RFC 5869, 2.3) of one block.
  private static func derived(_ use: ControlKeyUse, from key: [UInt8]) -> HMACSHA256 {
    HMACSHA256(key: HMACSHA256.code(key: key, message: use.label + [1]))
  }

  /// Checks the message an image starts with: signed with the key in the image, and of kind `boot`.
  public static func acceptBoot(_ bytes: [UInt8], publicKey: [UInt8]) -> ControlMessage? {
    do throws(DecodingFault) {
      let (message, covered, seal) = try ControlMessage.decode(bytes, sealedBy: .signature)
      guard message.kind == .boot,
        P256.isValidSignature(Array(seal), of: Array(covered), publicKey: publicKey)
      else {
        return nil
      }
      return message
    } catch {
      return nil
    }
  }

  /// Takes bytes as they arrive and carries out every whole message among them.
  public func receive(_ bytes: ArraySlice<UInt8>) {
    guard !isBroken else { return }
    input.append(bytes)
    while true {
      do throws(DecodingFault) {
        guard let frame = try input.next() else { return }
        handle(frame)
      } catch {
        isBroken = true
        return
      }
    }
  }

  private func handle(_ frame: [UInt8]) {
    if frame.count == 1 {
      heed(Int32(frame[0]))
      return
    }
    let message: ControlMessage
    let covered: ArraySlice<UInt8>
    let seal: ArraySlice<UInt8>
    do throws(DecodingFault) {
      (message, covered, seal) = try ControlMessage.decode(frame, sealedBy: .code)
    } catch {
      refuse(0, "not a control message")
      return
    }
    guard message.audience == audience else {
      refuse(message.version, "meant for another instance")
      return
    }
    let code = messageKey.code(covered)
    guard constantTimeEquals(code, Array(seal)) else {
      refuse(message.version, "wrong authentication code")
      return
    }
    if message.kind == .answer {
      answer(message)
      return
    }
    guard message.version > lastAccepted else {
      refuse(message.version, "not newer than the last message")
      return
    }
    lastAccepted = message.version
    prove()
    delegate.contacted()
    perform(message, code)
  }

  /// A word of what runs the image, which it lets nobody else say.
  private func heed(_ word: Int32) {
    switch word {
    case TESTUDO_CONTROL_CHANGED:
      // Read; what was said before went to the one before.
      output.append(contentsOf: FrameReader.frame([]))
      isProved = false
    case TESTUDO_CONTROL_TURNED_AWAY:
      delegate.turnedAway()
    case TESTUDO_CONTROL_END:
      isEnded = true
    default:
      refuse(0, "not a control message")
    }
  }

  private func prove() {
    guard !isProved else { return }
    isProved = true
    output.append(contentsOf: held)
    held = []
  }

  private func perform(_ message: ControlMessage, _ code: [UInt8]) {
    switch message.kind {
    case .boot, .answer:
      // Answers take a way of their own.
      refuse(message.version, "the image has started already")
    case .apply:
      apply(message, code)
    case .drain:
      drain(message, code)
    case .query:
      send(.ready(version: version, mechanisms: delegate.mechanisms))
      send(.status(version: version, counters: delegate.counters + ownCounters))
      acknowledge(message, code)
    case .entropy:
      guard message.payload.count >= 32 else {
        refuse(message.version, "entropy: expected at least 32 bytes")
        return
      }
      delegate.reseed(message.payload)
      acknowledge(message, code)
    case .forget:
      var reader = ByteReader(message.payload)
      guard message.payload.count == 8, let epoch = try? reader.readFixed(UInt64.self) else {
        refuse(message.version, "forget: expected an epoch of 8 bytes")
        return
      }
      delegate.forgetAnswers(before: epoch)
      acknowledge(message, code)
    case .renew:
      guard message.payload.isEmpty else {
        refuse(message.version, "renew: expected no payload")
        return
      }
      acknowledge(message, code)
    case .resume:
      guard message.payload.isEmpty else {
        refuse(message.version, "resume: expected no payload")
        return
      }
      delegate.resume()
      acknowledge(message, code)
    }
  }

  private func apply(_ message: ControlMessage, _ code: [UInt8]) {
    let parameters: [Parameter]
    do throws(DecodingFault) {
      parameters = try Parameter.decode(message.payload)
    } catch {
      refuse(message.version, "parameters cannot be read")
      return
    }
    do throws(ParameterFault) {
      try delegate.apply(parameters)
    } catch {
      let separator: ByteString = ": expected "
      refuse(message.version, error.parameter + separator + error.expected)
      return
    }
    version = message.version
    acknowledge(message, code)
  }

  private func drain(_ message: ControlMessage, _ code: [UInt8]) {
    var reader = ByteReader(message.payload)
    let milliseconds: UInt32
    do throws(DecodingFault) {
      milliseconds = try reader.readFixed(UInt32.self)
      try reader.finish()
    } catch {
      refuse(message.version, "drain: expected a time in milliseconds")
      return
    }
    acknowledge(message, code)
    delegate.drain(grace: .milliseconds(Int(milliseconds))) { [self] in
      self.send(.drained)
    }
  }

  /// An answer is for a question that is waited for; any other is late.
  private func answer(_ message: ControlMessage) {
    let answer: RemoteAnswer
    do throws(DecodingFault) {
      answer = try RemoteAnswer(decoding: message.payload)
    } catch {
      refuse(message.version, "not an answer")
      return
    }
    guard delegate.awaitsAnswer(to: answer.number) else {
      lateAnswers &+= 1
      return
    }
    delegate.receive(answer)
  }

  private func acknowledge(_ message: ControlMessage, _ code: [UInt8]) {
    send(.acknowledged(version: message.version, proof: acknowledgementKey.code(code)))
  }

  private func refuse(_ version: UInt64, _ reason: ByteString) {
    refusedMessages &+= 1
    // As many as somebody likes, who is to hear nothing.
    guard isProved else { return }
    send(.refused(version: version, reason: reason))
  }

  private var ownCounters: [Counter] {
    [
      Counter("control.refused", refusedMessages), Counter("control.dropped-events", droppedEvents),
      Counter("control.late-answers", lateAnswers),
    ]
  }

  /// Queues a report. Events give way when the queue is full; everything else is an answer to a message, of which there
  /// are never more than messages.
  public func send(_ report: Report) {
    let frame = FrameReader.frame(report.encode())
    if case .event = report, pendingOutput + frame.count > ControlChannel.outputLimit {
      droppedEvents &+= 1
      return
    }
    if isProved {
      output.append(contentsOf: frame)
    } else {
      held.append(contentsOf: frame)
    }
  }

  private var pendingOutput: Int { output.count - outputStart + held.count }

  /// Whether something waits to be sent.
  public var hasOutput: Bool { output.count > outputStart }

  /// Sends what waits through `write`, which returns how many bytes it took.
  public func flush(_ write: (UnsafeRawBufferPointer) -> Int) {
    guard hasOutput else { return }
    let taken = output.withUnsafeBytes { bytes in
      write(UnsafeRawBufferPointer(rebasing: bytes[outputStart...]))
    }
    outputStart += max(0, taken)
    if outputStart == output.count {
      output.removeAll(keepingCapacity: output.capacity <= 65536)
      outputStart = 0
    }
  }
}

extension ControlChannel: QuestionSink {
  /// Sends a question, unless too much waits to be sent already, it is too long, or nobody is there to answer.
  public func ask(_ question: RemoteQuestion) -> Bool {
    guard isProved else { return false }
    let frame = FrameReader.frame(Report.question(question).encode())
    guard frame.count <= RemoteQuestion.maximumLength, pendingOutput + frame.count <= ControlChannel.outputLimit else {
      return false
    }
    output.append(contentsOf: frame)
    return true
  }
}

extension ControlChannel: EventSink {
  /// Passes a security event on, or counts it as dropped.
  public func record(_ event: SecurityEvent) {
    send(.event(event))
  }
}
