import CRuntime
import Cryptography
import Interchange
import LibraryOS

/// The way in for control, as a state machine over bytes: what arrives is checked and carried out, what is to be said is
/// queued. It runs through whatever runs the image, never over the image's network.
///
/// A message is carried out only if its signature is the orchestrator's, it is meant for this instance, and its version is
/// greater than that of every message accepted before. Anything else is refused and counted, and changes nothing.
///
/// When what runs the image says that another is at the other end, the image says nothing more until one of that other's
/// messages was accepted: who cannot sign learns nothing.
public final class ControlChannel {
  /// What the image does on behalf of the channel.
  public protocol Delegate: AnyObject {
    /// Puts run-stage parameters in force, all or none.
    func apply(_ parameters: [Parameter]) throws(ParameterFault)
    /// Stops taking work; `completion` is called when nothing is left.
    func drain(grace: TimeSpan, completion: @escaping () -> Void)
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
  }

  /// No more bytes than these wait to be sent; a report that would go beyond is dropped and counted.
  public static let outputLimit = 256 << 10

  /// Who carries out what arrives. Set once, before the first byte.
  public let delegate: any Delegate
  /// The version in force: of the boot message, then of the last change.
  public private(set) var version: UInt64
  private var lastAccepted: UInt64
  private let publicKey: [UInt8]
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

  /// A channel that starts after a boot message was accepted.
  public init(publicKey: [UInt8], boot: ControlMessage, delegate: any Delegate) {
    self.publicKey = publicKey
    self.audience = boot.audience
    self.version = boot.version
    self.lastAccepted = boot.version
    self.delegate = delegate
  }

  /// Checks the message an image starts with: signed with the key in the image, and of kind `boot`.
  public static func acceptBoot(_ bytes: [UInt8], publicKey: [UInt8]) -> ControlMessage? {
    do throws(DecodingFault) {
      let (message, signed, signature) = try ControlMessage.decode(bytes)
      guard message.kind == .boot, P256.isValidSignature(signature, of: signed, publicKey: publicKey) else {
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
    let signed: [UInt8]
    let signature: [UInt8]
    do throws(DecodingFault) {
      (message, signed, signature) = try ControlMessage.decode(frame)
    } catch {
      refuse(0, "not a control message")
      return
    }
    guard message.audience == audience else {
      refuse(message.version, "meant for another instance")
      return
    }
    if message.kind == .answer {
      answer(message, signed, signature)
      return
    }
    guard message.version > lastAccepted else {
      refuse(message.version, "not newer than the last message")
      return
    }
    guard P256.isValidSignature(signature, of: signed, publicKey: publicKey) else {
      refuse(message.version, "wrong signature")
      return
    }
    lastAccepted = message.version
    prove()
    delegate.contacted()
    perform(message)
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

  private func perform(_ message: ControlMessage) {
    switch message.kind {
    case .boot, .answer:
      // Answers take a way of their own.
      refuse(message.version, "the image has started already")
    case .apply:
      apply(message)
    case .drain:
      drain(message)
    case .query:
      send(.ready(version: version, mechanisms: delegate.mechanisms))
      send(.status(version: version, counters: delegate.counters + ownCounters))
      send(.acknowledged(version: message.version))
    case .entropy:
      guard message.payload.count >= 32 else {
        refuse(message.version, "entropy: expected at least 32 bytes")
        return
      }
      delegate.reseed(message.payload)
      send(.acknowledged(version: message.version))
    case .renew:
      guard message.payload.isEmpty else {
        refuse(message.version, "renew: expected no payload")
        return
      }
      send(.acknowledged(version: message.version))
    }
  }

  private func apply(_ message: ControlMessage) {
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
    send(.acknowledged(version: message.version))
  }

  private func drain(_ message: ControlMessage) {
    var reader = ByteReader(message.payload)
    let milliseconds: UInt32
    do throws(DecodingFault) {
      milliseconds = try reader.readFixed(UInt32.self)
      try reader.finish()
    } catch {
      refuse(message.version, "drain: expected a time in milliseconds")
      return
    }
    send(.acknowledged(version: message.version))
    delegate.drain(grace: .milliseconds(Int(milliseconds))) { [self] in
      self.send(.drained)
    }
  }

  /// An answer is for a question that is waited for; any other is late, and not worth the time that a signature takes.
  private func answer(_ message: ControlMessage, _ signed: [UInt8], _ signature: [UInt8]) {
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
    guard P256.isValidSignature(signature, of: signed, publicKey: publicKey) else {
      refuse(message.version, "wrong signature")
      return
    }
    delegate.receive(answer)
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
