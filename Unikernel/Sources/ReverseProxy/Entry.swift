import HTTP
import LibraryOS

#if hasFeature(Embedded)
  @section("modules") @used
  let entry: ModuleEntry = (
    61,
    {
      let registry = Registry.taking($0)
      let proxy = ReverseProxy(clock: registry.clock, network: registry.network, names: registry.names)
      registry.serve { HTTPServer(registry: $0) }
      registry.add(application: proxy)
      registry.add(timed: proxy)
    }
  )
#endif
