import CHandler
import Handler
import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    63,
    {
      let registry = Registry.taking($0)
      registry.add(
        application: HandlerService(clock: registry.clock) { call in
          testudo_handle(Unmanaged.passUnretained(call).toOpaque())
        })
    }
  )
#endif
