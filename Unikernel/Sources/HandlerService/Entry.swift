import CHandler
import HTTP
import Handler
import Interchange
import LibraryOS

#if hasFeature(Embedded)
  /// Says why the image ends (`Sources/CHandler/Steps.c`).
  @c(testudo_handler_exhausted)
  public func handlerExhausted() {
    let report = Report.failed(reason: "the handler took more steps than it may for one request")
    let frame = FrameReader.frame(report.encode())
    frame.withUnsafeBufferPointer { testudo_handler_report($0.baseAddress, UInt64($0.count)) }
  }

  @section("modules") @used
  let entry: ModuleEntry = (
    63,
    {
      let registry = Registry.taking($0)
      registry.serve { HTTPServer(registry: $0) }
      registry.add(
        application: HandlerService(clock: registry.clock) { call in
          testudo_handle(Unmanaged.passUnretained(call).toOpaque())
        })
    }
  )
#endif
