import Foundation
public import Hosting
public import ImageGeneration
public import State

/// What an orchestrator works with: where its state is, what it generates from, where unikernels run, and its keys.
public struct OrchestrationEnvironment: Sendable {
  /// Where state is kept.
  public var home: HomeDirectory
  /// The folder that images are linked from: archives, catalogue, profiles, tender.
  public var library: String
  /// What runs images of the `microvm` target on this host.
  public var emulators: EmulatorSearch
  /// Where unikernels run.
  public var host: any UnikernelHost
  /// Desired state, acknowledged state and events.
  public var store: any StateStore
  /// The modules that images can consist of.
  public var catalogue: Catalogue
  /// The vulnerability notices that are known.
  public var notices: NoticeBook
  /// Makes images.
  public var builder: ImageBuilder
  /// Signs control messages; its public key is in every image.
  public var controlKey: SigningKey

  /// Opens everything under a home folder, which is made if it is missing.
  public init(home: HomeDirectory, library: String, forwarderProgram: String) throws(OrchestrationFault) {
    try home.create()
    self.home = home
    self.library = library
    notices = NoticeBook(folder: home.notices)
    do {
      let linkLibrary = try LinkLibrary(folder: library)
      store = try SQLiteStateStore(path: home.database)
      catalogue = try linkLibrary.catalogue()
      controlKey = try SigningKey(folder: home.keys, name: "control")
      builder = ImageBuilder(
        library: linkLibrary, store: ImageStore(folder: home.images),
        keys: KeyRing(folder: home.keys, name: "image"))
      _ = try builder.keys.current()
    } catch let fault as StateFault {
      throw .host(fault.reason)
    } catch {
      throw .host("\(error)")
    }
    emulators = EmulatorSearch(home: home.path, library: library)
    host = ProcessHost(home: home.path, tender: library + "/tender", forwarder: forwarderProgram)
    #if DEBUG
      if let point = CrashPoint(environment: ProcessInfo.processInfo.environment) {
        store = CrashingStore(store: store, point: point)
        host = CrashingHost(host: host, point: point)
      }
    #endif
  }
}
